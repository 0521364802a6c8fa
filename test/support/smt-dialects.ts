import { amPm, clockText, isoWithOffset, minutesPerDay, usDate } from './smt-label-text.ts';
import { addDays, clockAt, type Reading } from './smt-meter.ts';

/** A format of readings. What a dialect leaves out (flag, channel, revision, ESIID) cannot be read back. */
export interface Dialect {
  readonly name: string;
  readonly header: string;
  /** Lines of one meter-day's readings, in order. */
  lines(readings: readonly Reading[]): string[];
  readonly lineEnd?: string;
  readonly hasFinalLineEnd?: boolean;
  /** Has an ESIID column. */
  readonly hasEsiid: boolean;
  readonly hasRevision: boolean;
  readonly hasFlag: boolean;
  readonly hasChannel: boolean;
  /** Whether a day's rows say where they belong without the other rows of their day. */
  readonly isOrderFree: boolean;
}

const blank = '';
const decimals: Record<'trimmed' | 'three' | 'plain', (milliKwh: number) => string> = {
  trimmed: (milliKwh) => String(milliKwh / 1000).replace(/^0\./, '.'),
  three: (milliKwh) => (milliKwh / 1000).toFixed(3),
  plain: (milliKwh) => String(milliKwh / 1000),
};

/**
 * A day's rows with the labels SMT writes: an end is its own start on the clock plus 15 minutes, a start is the end before
 * it, which makes the repeated hour begin with `02:00,01:15`; the hour that does not exist is there, without values.
 */
function smtLabels(
  readings: readonly Reading[],
): { start: number; end: number; reading: Reading; isSkipped?: boolean }[] {
  let previousEnd: number | null = null;
  return readings.flatMap((reading) => {
    const { wallMinutes } = reading;
    const rows = [];
    const isAfterGap = wallMinutes === 180 && previousEnd === 120;
    if (isAfterGap) {
      for (let start = 120; start < 180; start += 15)
        rows.push({ start, end: start + 15, reading, isSkipped: true });
    }
    const repeats = previousEnd === 120 && wallMinutes === 60;
    rows.push({ start: repeats ? 120 : wallMinutes, end: wallMinutes + 15, reading });
    previousEnd = wallMinutes + 15;
    return rows;
  });
}

interface SmtStyle {
  readonly name: string;
  readonly pad?: boolean;
  readonly space?: string;
  readonly seconds?: string;
  readonly kwh: keyof typeof decimals;
  readonly separator?: string;
  readonly quote?: string;
  readonly lineEnd?: string;
  readonly hasFinalLineEnd?: boolean;
}

const smtColumns = [
  'ESIID',
  'USAGE_DATE',
  'REVISION_DATE',
  'USAGE_START_TIME',
  'USAGE_END_TIME',
  'USAGE_KWH',
  'ESTIMATED_ACTUAL',
  'CONSUMPTION_SURPLUSGENERATION',
];

function smtDialect(style: SmtStyle): Dialect {
  const { pad = true, space = '', seconds = ':33', separator = ',', quote = '' } = style;
  const join = (cells: readonly string[]): string =>
    cells.map((cell) => `${quote}${cell}${quote}`).join(separator);
  return {
    name: style.name,
    header: join(smtColumns),
    ...(style.lineEnd ? { lineEnd: style.lineEnd } : {}),
    hasFinalLineEnd: style.hasFinalLineEnd ?? true,
    hasEsiid: true,
    hasRevision: true,
    hasFlag: true,
    hasChannel: true,
    isOrderFree: false,
    lines: (readings) =>
      smtLabels(readings).map(({ start, end, reading, isSkipped }) => {
        const [revisionDate = '', revisionTime = ''] = reading.revision.split(' ');
        const [hour = '', minute = ''] = revisionTime.split(':');
        const isBlank = isSkipped === true || reading.milliKwh === null;
        return join([
          `'${reading.esiid}`,
          usDate(reading.date, pad),
          `${usDate(revisionDate, pad)} ${pad ? hour : Number(hour)}:${minute}${seconds}`,
          space + clockText(start, pad),
          space + clockText(end, pad),
          isBlank ? blank : decimals[style.kwh](reading.milliKwh ?? 0),
          isBlank ? blank : reading.estimated ? 'E' : 'A',
          reading.channel === 'consumption' ? 'Consumption' : 'Surplus Generation',
        ]);
      }),
  };
}

/** The four dialects of the SMT header. Excel drops the seconds of the revision, so all of them are written without. */
export const portal2022 = smtDialect({ name: 'portal export 2022', kwh: 'trimmed', seconds: ':00' });
export const portal2025 = smtDialect({ name: 'portal export 2025', kwh: 'three', seconds: ':00' });
const emailed = smtDialect({
  name: 'e-mailed report',
  kwh: 'plain',
  seconds: ':00',
  space: ' ',
  hasFinalLineEnd: false,
});
const excel = smtDialect({
  name: 'saved again from Excel',
  kwh: 'plain',
  seconds: '',
  pad: false,
  lineEnd: '\r\n',
});
export const excelTabs = smtDialect({
  name: 'Unicode text from Excel',
  kwh: 'plain',
  seconds: '',
  pad: false,
  separator: '\t',
  lineEnd: '\r\n',
});
const quoted = smtDialect({ name: 'every field quoted', kwh: 'three', seconds: ':00', quote: '"' });
const semicolons = smtDialect({ name: 'semicolons', kwh: 'plain', seconds: ':00', separator: ';' });
export const loneReturns = smtDialect({
  name: 'lone carriage returns',
  kwh: 'plain',
  seconds: ':00',
  lineEnd: '\r',
});

interface OtherTool {
  readonly name: string;
  readonly header: string;
  readonly row: (reading: Reading, endMs: number) => readonly string[];
  readonly isOrderFree: boolean;
  readonly hasEsiid?: boolean;
}

const kwhOf = ({ milliKwh }: Reading): string => (milliKwh === null ? blank : String(milliKwh / 1000));

function otherTool({ name, header, row, isOrderFree, hasEsiid = true }: OtherTool): Dialect {
  return {
    name,
    header,
    hasEsiid,
    hasRevision: false,
    hasFlag: false,
    hasChannel: false,
    isOrderFree,
    lines: (readings) =>
      readings.map((reading) => row(reading, reading.startMs + 900_000)).map((cells) => cells.join(',')),
  };
}

const amPmTimes = otherTool({
  name: 'start and end with date, AM and PM',
  header: 'ESI ID,Interval Start,Interval End,Usage (kWh)',
  isOrderFree: false,
  row: (reading) => {
    const end = reading.wallMinutes + 15;
    const endDate = end === minutesPerDay ? addDays(reading.date, 1) : reading.date;
    return [
      reading.esiid,
      `${usDate(reading.date)} ${amPm(reading.wallMinutes)}`,
      `${usDate(endDate)} ${amPm(end)}`,
      kwhOf(reading),
    ];
  },
});
const convertedTimes = otherTool({
  name: 'start and end as a clock shows them',
  header: 'ESIID,Read Date,Start Time,End Time,kWh',
  isOrderFree: false,
  row: (reading, endMs) => [
    reading.esiid,
    reading.date,
    clockText(reading.wallMinutes),
    clockText(clockAt(endMs).minutes),
    kwhOf(reading),
  ],
});
export const zoneSuffixes = otherTool({
  name: 'times with CDT and CST',
  header: 'ESIID,Date,Start Time,kWh',
  isOrderFree: true,
  row: (reading) => [
    reading.esiid,
    usDate(reading.date),
    `${clockText(reading.wallMinutes)} ${reading.zone}`,
    kwhOf(reading),
  ],
});
export const isoInstants = otherTool({
  name: 'two columns with ISO instants',
  header: 'timestamp,kwh',
  isOrderFree: true,
  hasEsiid: false,
  row: (reading) => [isoWithOffset(reading.startMs, reading.zone), kwhOf(reading)],
});
export const utcInstants = otherTool({
  name: 'one timestamp in UTC',
  header: 'ESIID,Timestamp,Usage kWh',
  isOrderFree: true,
  row: (reading) => [reading.esiid, new Date(reading.startMs).toISOString(), kwhOf(reading)],
});
export const localTimestamps = otherTool({
  name: 'one local timestamp',
  header: 'ESIID,Date/Time (CST),Usage kWh',
  isOrderFree: false,
  row: (reading) => [
    reading.esiid,
    `${usDate(reading.date)} ${clockText(reading.wallMinutes)}`,
    kwhOf(reading),
  ],
});
export const trueEnds = otherTool({
  name: 'end only, true ends',
  header: 'ESIID,Usage Date,Interval End,kWh',
  isOrderFree: false,
  row: (reading) => [
    reading.esiid,
    usDate(reading.date),
    clockText(reading.wallMinutes + 15),
    kwhOf(reading),
  ],
});
export const convertedEnds = otherTool({
  name: 'end only, ends as a clock shows them',
  header: 'ESIID,Interval End Time,kWh',
  isOrderFree: false,
  row: (reading, endMs) => {
    const shown = clockAt(endMs);
    return [reading.esiid, `${usDate(shown.date)} ${clockText(shown.minutes)}`, kwhOf(reading)];
  },
});
export const misnamedStarts = otherTool({
  name: 'end only, starts under the wrong name',
  header: 'ESIID,Usage Date,Interval End Time,kWh',
  isOrderFree: false,
  row: (reading) => [reading.esiid, usDate(reading.date), clockText(reading.wallMinutes), kwhOf(reading)],
});
/** Its first and last day determine it, so it is not one of the dialects that a part of a file can be in. */
export const endsByOwnDate = otherTool({
  name: 'end only, beside the date of the end',
  header: 'ESIID,Date,Interval End Time,kWh',
  isOrderFree: false,
  row: (reading, endMs) => {
    const shown = clockAt(endMs);
    return [reading.esiid, usDate(shown.date), clockText(shown.minutes), kwhOf(reading)];
  },
});

export const smtDialects: readonly Dialect[] = [
  portal2022,
  portal2025,
  emailed,
  excel,
  excelTabs,
  quoted,
  semicolons,
  loneReturns,
];
const otherDialects: readonly Dialect[] = [
  amPmTimes,
  convertedTimes,
  zoneSuffixes,
  isoInstants,
  utcInstants,
  localTimestamps,
  trueEnds,
  convertedEnds,
  misnamedStarts,
];
export const allDialects: readonly Dialect[] = [...smtDialects, ...otherDialects];

/** A file's text from lines that were written in the dialect. */
export function fileOfLines(dialect: Dialect, lines: readonly string[]): string {
  const lineEnd = dialect.lineEnd ?? '\n';
  const text = [dialect.header, ...lines].join(lineEnd);
  return dialect.hasFinalLineEnd === false ? text : text + lineEnd;
}

/** The readings' meter-days, in order of first appearance. */
function byMeterDay(readings: readonly Reading[]): Reading[][] {
  return [
    ...Map.groupBy(
      readings,
      ({ esiid, channel, date, revision }) => `${esiid} ${channel} ${date} ${revision}`,
    ).values(),
  ];
}

/** A file's text from readings. */
export function writeFile(dialect: Dialect, readings: readonly Reading[]): string {
  return fileOfLines(
    dialect,
    byMeterDay(readings).flatMap((day) => dialect.lines(day)),
  );
}
