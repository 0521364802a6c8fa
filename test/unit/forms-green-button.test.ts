import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { feedStyles, greenButtonFeed, plainFeed } from '../support/form-green-button.ts';
import { esiid, meterDay, otherEsiid, type Reading } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, readBytes } from '../support/smt-read.ts';

const [ordinary, spring, autumn] = ['2022-07-01', '2022-03-13', '2022-11-06'] as const;
const dates = [ordinary, spring, autumn, '2022-12-31'];

function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/forms/${name}`, import.meta.url), 'utf8');
}

/** Both channels of two meters, on days with and without a clock change. */
const readings: readonly Reading[] = dates.flatMap((date) => [
  ...meterDay({
    date,
    milliKwh: (slot) => (slot === 40 ? null : slot * 11),
    estimated: (slot) => slot % 13 === 5,
  }),
  ...meterDay({ date, channel: 'generation', milliKwh: (slot) => slot % 7 }),
  ...meterDay({ date, esiid: otherEsiid, milliKwh: (slot) => 10_000 + slot }),
]);

describe('Green Button', () => {
  test('reads a feed written by hand from the schema, its reading type behind the readings', async () => {
    const { report, blocks } = await readBytes(fixture('green-button.xml'));

    expect(report).toMatchObject({ status: 'normalized', selfContained: false });
    expect(blocks).toMatchObject([
      { esiid, channel: 'consumption', usageDate: '2026-01-15', revisedAt: null, estimated: null },
    ]);
    expect(blocks[0]?.kwh.slice(0, 3)).toEqual(['0.145', '0.188', '3']);
    expect(nonZero(report.counts)).toEqual({ rowsRead: 96, intervalsRead: 96 });
  });

  test.each(Object.entries(feedStyles))('reads every interval, to the digit: %s', async (_, style) => {
    const { report, blocks } = await readBytes(greenButtonFeed(readings, style), { chunkBytes: 4001 });

    expect(report).toMatchObject({ status: 'normalized', rejectedRows: [] });
    const given = style.starts === 'none' || style.starts === 'instants' ? readings : readings;
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(given));
    expect(report.counts.missingKwh).toBe(dates.length);
  });

  test('takes the ESIID of a feed that names none from the hint, and not for two usage points', async () => {
    const style = { ...plainFeed, named: 'not' as const };
    const one = greenButtonFeed(meterDay({ date: ordinary }), style);

    expect((await readBytes(one, { esiidHint: otherEsiid })).blocks).toMatchObject([{ esiid: otherEsiid }]);
    expect((await readBytes(one)).report.errorCode).toBe('esiid-unknown');
    const two = await readBytes(greenButtonFeed(readings, style), { esiidHint: esiid });
    expect(two.report.errorCode).toBe('esiid-unknown');
  });

  test.each<[string, (feed: string) => string, string, RegExp]>([
    [
      'hourly readings',
      (feed) => feed.replaceAll('duration>900<', 'duration>3600<'),
      'not-15-minute',
      /3600 seconds/,
    ],
    [
      'hours by the reading type alone',
      (feed) => feed.replaceAll('Length>900<', 'Length>3600<'),
      'not-15-minute',
      /3600/,
    ],
    ['watts', (feed) => feed.replaceAll('uom>72<', 'uom>38<'), 'no-usable-rows', /unit is W \(uom 38\)/],
    ['an unknown unit', (feed) => feed.replaceAll('uom>72<', 'uom>999<'), 'no-usable-rows', /invalidRow 96/],
    [
      'register values',
      (feed) => feed.replaceAll('Behaviour>4<', 'Behaviour>3<'),
      'no-usable-rows',
      /invalidRow 96/,
    ],
    [
      'an unknown direction',
      (feed) => feed.replaceAll('Direction>1<', 'Direction>4<'),
      'no-usable-rows',
      /invalidRow 96/,
    ],
    [
      'a link to a reading type that is not there',
      (feed) => feed.replaceAll('/ReadingType/consumption"/><link rel="up"', '/x"/><link rel="up"'),
      'no-usable-rows',
      /invalidRow 96/,
    ],
    [
      'a duplicate type that says otherwise',
      (feed) => feed.replace('uom>72</espi:uom>', 'uom>72</espi:uom><espi:uom>38</espi:uom>'),
      'no-usable-rows',
      /invalidRow 96/,
    ],
    [
      'intervals and no readings',
      (feed) => feed.replace(/<espi:IntervalReading>.*<\/espi:IntervalReading>/s, ''),
      'no-usable-rows',
      /1 blocks with an interval and without readings/,
    ],
    [
      'billing summaries alone',
      () =>
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><content><UsageSummary xmlns="http://naesb.org/espi"/></content></entry></feed>',
      'no-usable-rows',
      /billing summaries/,
    ],
    ['nothing', () => '<feed xmlns="http://www.w3.org/2005/Atom"/>', 'no-usable-rows', /no intervals/],
    [
      'another XML',
      () => '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"/>',
      'unknown-xml',
      /<Envelope>/,
    ],
  ])('fails a feed of %s, saying so', async (_, change, errorCode, message) => {
    const { report, blocks } = await readBytes(change(greenButtonFeed(meterDay({ date: ordinary }))));

    expect(report).toMatchObject({ status: 'failed', errorCode });
    expect(report.errorMessage).toMatch(message);
    expect(blocks).toEqual([]);
  });

  test.each<[string, string, (start: number) => number]>([
    ['starts seven minutes late', ordinary, (start) => start + 420],
    ['starts an hour late', ordinary, (start) => start + 3600],
    ['as many readings as an ordinary day under the label of a day of 100', autumn, (start) => start],
  ])('rejects a block with %s', async (_, date, move) => {
    const day = meterDay({ date }).slice(0, 96);
    const feed = greenButtonFeed(day, { ...plainFeed, starts: 'counted on', label: 'midnight UTC' });

    const { report } = await readBytes(
      feed.replaceAll(/start>(\d+)</g, (_match, start) => `start>${move(Number(start))}<`),
    );

    expect(report).toMatchObject({ status: 'failed', errorCode: 'no-usable-rows' });
    expect(nonZero(report.counts)).toEqual({ rowsRead: 96, invalidTimestamp: 96 });
  });

  test('does not take labels for local midnights where another day disproves them', async () => {
    const label = { ...plainFeed, starts: 'counted on', label: 'midnight UTC' } as const;
    const days = [...meterDay({ date: ordinary }), ...meterDay({ date: autumn }).slice(0, 96)];

    const { report } = await readBytes(greenButtonFeed(days, label));

    expect(report).toMatchObject({ status: 'failed', errorCode: 'no-usable-rows' });
    expect(report.rejectedRows.map(({ text }) => text)).toEqual([
      expect.stringContaining('other blocks disprove'),
      expect.stringContaining('has not as many quarter hours'),
    ]);
  });

  test('reads a day whose interval is a day long although the clock changed', async () => {
    const given = [...meterDay({ date: spring }), ...meterDay({ date: autumn })];

    const { blocks } = await readBytes(
      greenButtonFeed(given).replaceAll(/duration>(?:82800|90000)</g, 'duration>86400<'),
    );

    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(given));
  });

  test('reads part of a day by its instants where whole days prove them', async () => {
    const given = [...meterDay({ date: ordinary }), ...meterDay({ date: '2022-07-02' }).slice(0, 40)];
    const feed = greenButtonFeed(given).replace(/86400(<\/espi:duration><espi:start>1656738000)/, '36000$1');

    const { blocks } = await readBytes(feed);
    const alone = await readBytes(feed.replace(/<entry>(?:(?!<entry>).)*start>1656651600<.*?<\/entry>/s, ''));

    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(given));
    expect(nonZero(alone.report.counts)).toEqual({ rowsRead: 40, invalidTimestamp: 40 });
  });

  test.each<[string, string, object, string]>([
    ['a negative value', 'value>-5<', { invalidKwh: 1 }, '"-5"'],
    ['a value with an exponent', 'value>1e3<', { invalidKwh: 1 }, '"1e3"'],
    ['more digits than are stored', 'value>0.0001<', { invalidKwh: 1 }, '"0.0001"'],
    ['more energy than fits', 'value>123456789012<', { invalidKwh: 1 }, '"123456789012"'],
    [
      'a forecast',
      'value>6</espi:value><espi:ReadingQuality><espi:quality>12</espi:quality></espi:ReadingQuality><espi:x>x<',
      { invalidRow: 1 },
      'quality "12"',
    ],
  ])('a reading with %s costs that reading', async (_, replacement, counts, text) => {
    const feed = greenButtonFeed(meterDay({ date: ordinary }))
      .replace('value>6<', replacement)
      .replace('x</espi:value>', 'x</espi:x>');

    const { report, blocks } = await readBytes(feed);

    expect(nonZero(report.counts)).toEqual({ rowsRead: 96, intervalsRead: 95, ...counts });
    expect(report.rejectedRows[0]?.text).toContain(text);
    expect(blocks[0]?.kwh[5]).toBeNull();
  });
});

describe('XML entities and references that must not be expanded', () => {
  const feed = greenButtonFeed(meterDay({ date: ordinary }));
  const withDoctype = (doctype: string, value: string): string =>
    feed.replace('?>\n', `?>\n${doctype}\n`).replace('value>6<', `value>${value}<`);
  const laughs = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join(
    '',
  );

  test.each<[string, string, string]>([
    ['a billion laughs', withDoctype(`<!DOCTYPE feed [<!ENTITY l0 "6">${laughs}]>`, '&l9;'), 'xml-doctype'],
    [
      'a file of the machine',
      withDoctype('<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]>', '&x;'),
      'xml-doctype',
    ],
    [
      'a place on the network',
      withDoctype('<!DOCTYPE feed SYSTEM "http://127.0.0.1:1/x.dtd">', '6'),
      'xml-doctype',
    ],
    ['an entity that is not XML’s own', feed.replace('value>6<', 'value>&nbsp;6<'), 'invalid-xml'],
    ['a prefix without a namespace', feed.replace('xmlns:espi=', 'xmlns:other='), 'invalid-xml'],
    ['tags that do not match', feed.replace('</espi:value>', '</espi:valeu>'), 'invalid-xml'],
    ['an end that is missing', feed.slice(0, -300), 'truncated-xml'],
    ['a tag that is cut', feed.slice(0, feed.lastIndexOf('<link') + 9), 'truncated-xml'],
    ['a thousand elements within one another', `<feed>${'<a>'.repeat(1000)}`, 'invalid-xml'],
    ['a text of megabytes', `<feed>${'a'.repeat(3_000_000)}</feed>`, 'invalid-xml'],
    ['a comment of megabytes', `<feed><!--${'a'.repeat(3_000_000)}--></feed>`, 'invalid-xml'],
    ['an unknown encoding', '<?xml version="1.0" encoding="martian"?><feed/>', 'invalid-xml'],
    ['bytes that are no UTF-8', '<feed a="\xff"/>', 'invalid-xml'],
  ])('rejects %s', async (_, text, errorCode) => {
    const { report, blocks } = await readBytes(Buffer.from(text, text.includes('\xff') ? 'latin1' : 'utf8'));

    expect(report).toMatchObject({ status: 'failed', errorCode });
    expect(blocks).toEqual([]);
  });

  test.each<[string, Buffer]>([
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${feed}`)],
    ['UTF-16LE', Buffer.from(`\ufeff${feed.replace('UTF-8', 'UTF-16')}`, 'utf16le')],
    ['UTF-16BE', Buffer.from(`\ufeff${feed.replace('UTF-8', 'UTF-16')}`, 'utf16le').swap16()],
    ['UTF-16LE without a mark', Buffer.from(feed, 'utf16le')],
    ['ISO-8859-1', Buffer.from(feed.replace('UTF-8', 'ISO-8859-1').replace('Service', 'Sérvice'), 'latin1')],
    [
      'Windows-1252',
      Buffer.from(feed.replace('UTF-8', 'windows-1252').replace('Service', 'Sérvice'), 'latin1'),
    ],
    ['UTF-8 that says it is UTF-16', Buffer.from(feed.replace('UTF-8', 'utf-16'))],
    ['UTF-8 without a declaration', Buffer.from(feed.replace(/<\?.*\?>/, ''))],
    [
      'CDATA, comments and character references',
      Buffer.from(
        feed.replace('value>6<', 'value><!-- x --><![CDATA[6]]><').replace('value>7<', 'value>&#55;<'),
      ),
    ],
  ])('reads %s', async (_, bytes) => {
    const { blocks } = await readBytes(bytes, { chunkBytes: 333 });

    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(meterDay({ date: ordinary })));
  });
});
