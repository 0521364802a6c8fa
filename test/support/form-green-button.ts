import { momentsOf, type Reading } from './smt-meter.ts';

/** How a feed is written. */
export interface FeedStyle {
  /** Prefixes of Atom's and ESPI's elements; '' for the default namespace. */
  readonly atom: string;
  readonly espi: string;
  /**
   * What a reading's start is: its instant, from local midnight on; the wall clock's labels as if they were UTC; a number that
   * goes on from midnight UTC of the usage date; or none, so that only the block's interval says which day it is.
   */
  readonly starts: 'instants' | 'wall clock' | 'counted on' | 'none';
  /** What a block's start is. */
  readonly label: 'local midnight' | 'midnight UTC';
  readonly typesLast: boolean;
  /** kWh are written as Wh with this power of ten. */
  readonly multiplier: 0 | -3 | 3;
  readonly named: 'by title' | 'by link' | 'not';
  readonly linkHost: string;
}

export const plainFeed: FeedStyle = {
  atom: '',
  espi: 'espi:',
  starts: 'instants',
  label: 'local midnight',
  typesLast: false,
  multiplier: 0,
  named: 'by title',
  linkHost: '',
};

/** Names of styles, and what is different in them. */
export const feedStyles: Readonly<Record<string, FeedStyle>> = {
  'instants from local midnight': plainFeed,
  'as SMT is said to write it: the block labelled with midnight UTC, readings from local midnight': {
    ...plainFeed,
    label: 'midnight UTC',
  },
  'labels of the wall clock as if it were UTC': { ...plainFeed, starts: 'wall clock', label: 'midnight UTC' },
  'numbered on from midnight UTC': { ...plainFeed, starts: 'counted on', label: 'midnight UTC' },
  'readings without a start': { ...plainFeed, starts: 'none', label: 'midnight UTC' },
  'ESPI as the default namespace, Atom with a prefix': {
    ...plainFeed,
    atom: 'ns:',
    espi: '',
    linkHost: 'https://rep.example',
  },
  'reading types after the readings, in thousandths of Wh': { ...plainFeed, typesLast: true, multiplier: -3 },
  kWh: { ...plainFeed, multiplier: 3, named: 'by link' },
};

/** What a reading in thousandths of a kWh, which are Wh, is in the style's unit. */
function valueText(milliKwh: number, multiplier: FeedStyle['multiplier']): string {
  if (multiplier === 0) return String(milliKwh);
  return multiplier === 3 ? String(milliKwh / 1000) : `${milliKwh}000`;
}

const midnightUtc = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 1000;

/** A Green Button feed: a usage point for each ESIID, a meter reading for each channel, a block for each day. */
export function greenButtonFeed(readings: readonly Reading[], style: FeedStyle = plainFeed): string {
  const { atom, espi, linkHost } = style;
  const isDefault = (prefix: string): string => (prefix === '' ? 'xmlns' : `xmlns:${prefix.slice(0, -1)}`);
  const link = (rel: string, href: string): string => `<${atom}link rel="${rel}" href="${linkHost}${href}"/>`;
  const entry = (title: string, links: readonly string[], content: string): string =>
    `<${atom}entry><${atom}id>urn:uuid:0</${atom}id>${links.join('')}<${atom}title>${title}</${atom}title><${atom}content>` +
    `${content}</${atom}content><${atom}updated>2026-01-16T00:00:00Z</${atom}updated></${atom}entry>\n`;
  const types = (['consumption', 'generation'] as const).map((channel) =>
    entry(
      `Type of ${channel}`,
      [link('self', `/espi/ReadingType/${channel}`), link('up', '/espi/ReadingType')],
      `<${espi}ReadingType><${espi}accumulationBehaviour>4</${espi}accumulationBehaviour><${espi}commodity>1</${espi}commodity>` +
        `<${espi}flowDirection>${channel === 'consumption' ? 1 : 19}</${espi}flowDirection>` +
        `<${espi}intervalLength>900</${espi}intervalLength><${espi}powerOfTenMultiplier>${style.multiplier}</${espi}powerOfTenMultiplier>` +
        `<${espi}uom>72</${espi}uom></${espi}ReadingType>`,
    ),
  );
  const block = (day: readonly Reading[]): string => {
    const date = day[0]?.date ?? '';
    const moments = momentsOf(date);
    const begin = style.label === 'midnight UTC' ? midnightUtc(date) : (moments[0]?.startMs ?? 0) / 1000;
    const parts = day.map((reading) => {
      const slot = moments.findIndex(({ startMs }) => startMs === reading.startMs);
      const start = {
        instants: reading.startMs / 1000,
        'wall clock': midnightUtc(date) + reading.wallMinutes * 60,
        'counted on': midnightUtc(date) + slot * 900,
        none: null,
      }[style.starts];
      const period =
        start === null
          ? ''
          : `<${espi}timePeriod><${espi}duration>900</${espi}duration><${espi}start>${start}</${espi}start></${espi}timePeriod>`;
      const value =
        reading.milliKwh === null
          ? ''
          : `<${espi}value>${valueText(reading.milliKwh, style.multiplier)}</${espi}value>`;
      const quality = reading.estimated
        ? `<${espi}ReadingQuality><${espi}quality>8</${espi}quality></${espi}ReadingQuality>`
        : '';
      return `<${espi}IntervalReading>${quality}${period}${value}</${espi}IntervalReading>`;
    });
    return (
      `<${espi}IntervalBlock><${espi}interval><${espi}duration>${moments.length * 900}</${espi}duration>` +
      `<${espi}start>${begin}</${espi}start></${espi}interval>\n${parts.join('\n')}</${espi}IntervalBlock>`
    );
  };
  const usagePoints = [...Map.groupBy(readings, ({ esiid }) => esiid)].flatMap(([esiid, ofMeter], point) => {
    const self = `/espi/UsagePoint/${style.named === 'by link' ? esiid : point}`;
    const title = style.named === 'by title' ? `Service point ${esiid}` : 'Home';
    const channels = [...Map.groupBy(ofMeter, ({ channel }) => channel)];
    return [
      entry(title, [link('self', self), link('related', `${self}/MeterReading`)], `<${espi}UsagePoint/>`),
      ...channels.flatMap(([channel, ofChannel]) => {
        const meter = `${self}/MeterReading/${channel}`;
        const related = [`${meter}/IntervalBlock`, `/espi/ReadingType/${channel}`];
        return [
          entry(
            channel,
            [
              link('self', meter),
              link('up', `${self}/MeterReading`),
              ...related.map((href) => link('related', href)),
            ],
            `<${espi}MeterReading/>`,
          ),
          ...[...Map.groupBy(ofChannel, ({ date }) => date).values()].map((day, index) =>
            entry(
              '',
              [link('self', `${meter}/IntervalBlock/${index}`), link('up', `${meter}/IntervalBlock`)],
              block(day),
            ),
          ),
        ];
      }),
    ];
  });
  const entries = style.typesLast ? [...usagePoints, ...types] : [...types, ...usagePoints];
  return (
    `<?xml version="1.0" encoding="UTF-8"?>\n<${atom}feed ${isDefault(atom)}="http://www.w3.org/2005/Atom" ` +
    `${isDefault(espi)}="http://naesb.org/espi"><${atom}title>Usage</${atom}title>\n${entries.join('')}</${atom}feed>\n`
  );
}
