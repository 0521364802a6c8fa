import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Channel } from '../../shared/intervals/block.ts';
import {
  allDialects,
  convertedEnds,
  type Dialect,
  fileOfLines,
  isoInstants,
  localTimestamps,
  misnamedStarts,
  trueEnds,
  utcInstants,
} from './smt-dialects.ts';
import { addDays, meterDay, momentsOf, type Reading } from './smt-meter.ts';
import { zip } from './smt-zip.ts';

/** One reading as written to a file. */
interface WrittenReading {
  readonly esiid: string;
  readonly channel: Channel;
  readonly startMs: number;
  readonly revisedMs: number;
  readonly isActual: boolean;
  readonly milliKwh: number;
}

export interface GeneratedFile {
  readonly name: string;
  readonly bytes: Buffer;
  readonly esiidHint: string | null;
  readonly receivedAt: Date;
  readonly maxOpenBlocks: number;
  /** What its rows say, row by row. */
  readonly written: readonly WrittenReading[];
}

/** A meter-day in one revision. */
interface Version {
  readonly meter: number;
  readonly channel: Channel;
  readonly date: string;
  /** Days after the usage date. */
  readonly revision: number;
  readonly seed: number;
}

/** How a file is to be made from the versions that were chosen for it. */
interface Plan {
  readonly dialect: Dialect;
  readonly container: 'plain' | 'gzip' | 'zip' | 'gzip in zip';
  readonly chosen: readonly number[];
  readonly share: 'all' | 'even half hours' | 'odd half hours';
  readonly order: 'as written' | 'merged' | 'shuffled' | 'twice';
  readonly receivedDay: number;
  readonly maxOpenBlocks: number;
  readonly seed: number;
}

const neutrallyNamed: readonly Dialect[] = [isoInstants, utcInstants, localTimestamps];
const endOnly: readonly Dialect[] = [trueEnds, convertedEnds, misnamedStarts];

const clockChanges = [1996, 2005, 2006, 2007, 2022, 2024, 2038].flatMap((year) => {
  const sundays = (month: number): string[] =>
    Array.from({ length: 31 }, (_, i) => new Date(Date.UTC(year, month - 1, i + 1)))
      .filter((day) => day.getUTCMonth() === month - 1 && day.getUTCDay() === 0)
      .map((day) => day.toISOString().slice(0, 10));
  // The rule changed in 2007: April to October before, March to November since.
  return year < 2007
    ? [sundays(4)[0] ?? '', sundays(10).at(-1) ?? '']
    : [sundays(3)[1] ?? '', sundays(11)[0] ?? ''];
});

const dateChoice = fc.oneof(
  fc.constantFrom(...clockChanges),
  fc.nat({ max: 12_000 }).map((days) => addDays('1995-01-01', days)),
);

/** Of few meter-days many versions, often in the same revision with other values. */
const versionsOfFewDays: fc.Arbitrary<Version[]> = fc
  .array(
    fc.record({
      meter: fc.constantFrom(0, 0, 1),
      channel: fc.constantFrom<Channel>('consumption', 'consumption', 'generation'),
      date: dateChoice,
    }),
    { minLength: 1, maxLength: 3 },
  )
  .chain((days) =>
    fc.array(
      fc.record({
        day: fc.constantFrom(...days),
        revision: fc.constantFrom(1, 1, 2),
        seed: fc.nat({ max: 1_000_000 }),
      }),
      { minLength: 2, maxLength: 6 },
    ),
  )
  .map((versions) => versions.map(({ day, revision, seed }) => ({ ...day, revision, seed })));

const plan: fc.Arbitrary<Plan> = fc.record({
  dialect: fc.constantFrom(...allDialects),
  container: fc.constantFrom('plain', 'plain', 'gzip', 'zip', 'gzip in zip'),
  chosen: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 5 }),
  share: fc.constantFrom('all', 'all', 'even half hours', 'odd half hours'),
  order: fc.constantFrom('as written', 'merged', 'shuffled', 'twice'),
  receivedDay: fc.nat({ max: 1 }),
  maxOpenBlocks: fc.constantFrom(1, 3, 2048),
  seed: fc.nat({ max: 1_000_000 }),
});

let cases = 0;

/** Some files about the same few meter-days, about ESIIDs of their own. */
export const generatedFiles: fc.Arbitrary<GeneratedFile[]> = fc
  .tuple(versionsOfFewDays, fc.array(plan, { minLength: 1, maxLength: 5 }))
  .map(([versions, plans]) => {
    cases++;
    const esiids = [0, 1, 2].map((meter) => String(10443720000000000n + BigInt(cases * 10 + meter)));
    return plans.map((filePlan) => makeFile(filePlan, versions, esiids));
  });

/** A number from 0 to 1 that depends on the seed and the place alone. */
function chance(seed: number, place: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(place + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/** Few different values, so that equal ones meet; some slots blank, some estimated. */
function readingsOf({ meter, channel, date, revision, seed }: Version, esiids: readonly string[]): Reading[] {
  return meterDay({
    esiid: esiids[meter] ?? '',
    channel,
    date,
    revision: `${addDays(date, revision)} 06:18`,
    milliKwh: (slot) => (chance(seed, slot) < 0.05 ? null : Math.floor(chance(seed, slot + 200) * 6) * 17),
    estimated: (slot) => chance(seed, slot + 400) < 0.2,
  });
}

interface Line {
  readonly text: string;
  /** Null for the hour that did not exist. */
  readonly reading: Reading | null;
}

/** Each line of a day with the reading it holds. */
function linesOf(dialect: Dialect, readings: readonly Reading[]): Line[] {
  const texts = dialect.lines(readings);
  const skipped = texts.length - readings.length;
  return texts.map((text, i) => {
    if (skipped === 0 || i < 8) return { text, reading: readings[i] ?? null };
    return { text, reading: i < 8 + skipped ? null : (readings[i - skipped] ?? null) };
  });
}

/** Whether only order determines the slots of the day's rows; then it is kept, and the repeated hour stays together. */
function isRepeated(readings: readonly Reading[], dialect: Dialect): boolean {
  return readings.length === 100 && !dialect.isOrderFree;
}

function makeFile(filePlan: Plan, versions: readonly Version[], esiids: readonly string[]): GeneratedFile {
  const { dialect, seed } = filePlan;
  const chosen = fitting(filePlan, versions);
  const receivedAt = new Date(Date.UTC(2040, 0, 1 + filePlan.receivedDay));
  const days = chosen.map((choice) => {
    const readings = readingsOf(choice, esiids);
    const lines = linesOf(dialect, readings);
    const kept = endOnly.includes(dialect) ? lines : shareOf(filePlan, lines, isRepeated(readings, dialect));
    return { lines: kept, mayShuffle: !isRepeated(readings, dialect) };
  });
  const lines = arrange(filePlan, days, seed);
  const written = lines.flatMap(({ reading }) =>
    reading && reading.milliKwh !== null
      ? [writtenReading(dialect, reading, reading.milliKwh, receivedAt)]
      : [],
  );
  const text = fileOfLines(
    dialect,
    lines.map(({ text: line }) => line),
  );
  return {
    name: `${dialect.name}, ${filePlan.container}, ${filePlan.share}, ${filePlan.order}`,
    bytes: pack(filePlan, text),
    esiidHint: dialect.hasEsiid ? null : (esiids[chosen[0]?.meter ?? 0] ?? null),
    receivedAt,
    maxOpenBlocks: filePlan.maxOpenBlocks,
    written,
  };
}

/** A date that month-first alone can read, without which days up to the 12th would be read in no order. */
const decidingDate = '2022-07-20';

/** The versions that the dialect can express, and can distinguish where only order determines slots. */
function fitting({ dialect, chosen }: Plan, versions: readonly Version[]): Version[] {
  const seen = new Set<string>();
  const result: Version[] = [];
  for (const index of chosen) {
    const choice = versions[index % versions.length];
    if (!choice || (!dialect.hasChannel && choice.channel !== 'consumption')) continue;
    if (!dialect.hasEsiid && result[0] && result[0].meter !== choice.meter) continue;
    const name = `${choice.meter} ${choice.channel} ${choice.date} ${dialect.hasRevision ? choice.revision : ''}`;
    const isDeterminedByOrder =
      endOnly.includes(dialect) || (momentsOf(choice.date).length === 100 && !dialect.isOrderFree);
    // Without stamps, two values for one slot contradict each other.
    if (seen.has(name) && (isDeterminedByOrder || !dialect.hasRevision)) continue;
    seen.add(name);
    result.push(choice);
  }
  const [first] = result;
  const isDecided = dialect.hasRevision || result.some(({ date }) => date === decidingDate);
  return first && !isDecided ? [...result, { ...first, channel: 'consumption', date: decidingDate }] : result;
}

/** Every other half hour of a day (single rows would pass for half-hourly ones), but the repeated hour in one piece, with the even. */
function shareOf({ share, dialect }: Plan, lines: readonly Line[], isRepeatedDay: boolean): Line[] {
  if (share === 'all') return [...lines];
  return lines.filter((_, i) => {
    // Under a neutral name only a midnight shows that labels are starts.
    if (neutrallyNamed.includes(dialect)) return i % 4 < 2 || (isRepeatedDay && i >= 4 && i < 12);
    const isEven = isRepeatedDay && i >= 4 && i < 12 ? true : i % 4 < 2;
    return isEven === (share === 'even half hours');
  });
}

function arrange(
  { dialect, order }: Plan,
  days: readonly { readonly lines: readonly Line[]; readonly mayShuffle: boolean }[],
  seed: number,
): Line[] {
  if (order === 'as written' || endOnly.includes(dialect)) return days.flatMap(({ lines }) => lines);
  if (order === 'twice') return [...days, ...days].flatMap(({ lines }) => lines);
  const placed = days.flatMap(({ lines, mayShuffle }, day) => {
    const places = lines.map((_, i) => chance(seed, day * 1000 + i));
    // Midnights of shuffled timestamps may begin or end their days.
    if (order === 'merged' || !mayShuffle || dialect === localTimestamps) places.sort((a, b) => a - b);
    return lines.map((line, i) => ({ line, place: places[i] ?? 0 }));
  });
  return placed.sort((a, b) => a.place - b.place).map(({ line }) => line);
}

function writtenReading(
  dialect: Dialect,
  reading: Reading,
  milliKwh: number,
  receivedAt: Date,
): WrittenReading {
  const { esiid, channel, startMs } = reading;
  // 06:18 in Texas, five hours behind UTC in summer and six in winter; none of the days starts or ends between.
  const revisedMs = dialect.hasRevision ? texasMs(reading.revision) : receivedAt.getTime();
  return { esiid, channel, startMs, revisedMs, isActual: !(dialect.hasFlag && reading.estimated), milliKwh };
}

function texasMs(civil: string): number {
  const asUtc = Date.parse(`${civil.replace(' ', 'T')}:00Z`);
  const shown = new Intl.DateTimeFormat('en-GB', {
    timeZone: 'America/Chicago',
    hour: '2-digit',
    minute: '2-digit',
  });
  const hours = [5, 6].find((offset) => civil.endsWith(shown.format(asUtc + offset * 3_600_000)));
  return asUtc + (hours ?? Number.NaN) * 3_600_000;
}

function pack({ container }: Plan, text: string): Buffer {
  switch (container) {
    case 'plain':
      return Buffer.from(text);
    case 'gzip':
      return gzipSync(text);
    case 'zip':
      return zip({ 'some/Interval.CSV': text });
    case 'gzip in zip':
      return zip({ 'a.csv.gz': gzipSync(text) });
  }
}

/** The current value of every slot: the newest revision, an actual read before an estimate, the greater value. */
export function currentIntervals(files: readonly GeneratedFile[]): string[] {
  const current = new Map<string, WrittenReading>();
  for (const written of files.flatMap((file) => file.written)) {
    const name = `${written.esiid} ${written.channel} ${written.startMs}`;
    const held = current.get(name);
    if (!held || isGreater(written, held)) current.set(name, written);
  }
  return [...current.values()].map(intervalText).sort();
}

function isGreater(a: WrittenReading, b: WrittenReading): boolean {
  if (a.revisedMs !== b.revisedMs) return a.revisedMs > b.revisedMs;
  if (a.isActual !== b.isActual) return a.isActual;
  return a.milliKwh > b.milliKwh;
}

function intervalText({ esiid, channel, startMs, revisedMs, isActual, milliKwh }: WrittenReading): string {
  const [ts, revisedAt] = [startMs, revisedMs].map((ms) => new Date(ms).toISOString());
  return [esiid, channel, ts, (milliKwh / 1000).toFixed(5), isActual ? 'A' : 'E', revisedAt].join(' ');
}

/** The expected counts of the rows that hold a value. */
export function expectedCounts({ written }: GeneratedFile): {
  intervalsRead: number;
  duplicateRows: number;
  conflictingRows: number;
} {
  const valuesOfSlot = Map.groupBy(
    written,
    ({ esiid, channel, startMs, revisedMs }) => `${esiid} ${channel} ${startMs} ${revisedMs}`,
  );
  const distinct = [...valuesOfSlot.values()].map(
    (values) => new Set(values.map(({ isActual, milliKwh }) => `${isActual} ${milliKwh}`)).size,
  );
  const values = distinct.reduce((sum, count) => sum + count, 0);
  return {
    intervalsRead: valuesOfSlot.size,
    conflictingRows: values - valuesOfSlot.size,
    duplicateRows: written.length - values,
  };
}
