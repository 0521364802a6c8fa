import { gzipSync } from 'node:zlib';
import { writeZip, zip } from '../support/smt-zip.ts';
import { days, longSummer } from './days.ts';
import type { Random } from './random.ts';
import {
  changed,
  type DayReadings,
  esiids,
  type RenderOptions,
  randomReadings,
  renderCsv,
} from './readings.ts';
import { type PlannedRead, randomReads, renderDailyReads, renderMonthlyReads } from './reads.ts';

/** What has to become of a file that was read. */
interface Expectation {
  readonly status: 'normalized' | 'ignored' | 'failed';
  readonly errorCodes: readonly string[];
  /** Its bytes alone say what it loads, so that a second copy may end as `duplicate`. */
  readonly isSelfContained: boolean;
  readonly blocks: readonly DayReadings[];
  readonly reads: readonly PlannedRead[];
  readonly rowsRead: number;
  readonly missingKwh: number;
  readonly nonexistentHour: number;
  readonly rejected: number;
}

/** A file as the plan makes it, and what it knows of it. */
export interface PlannedFile {
  readonly kind: FileKind;
  readonly filename: string;
  readonly bytes: Buffer;
  /** The ESIID to give beside it, for a file that does not say its own. */
  readonly hint: string | null;
  readonly expected: Expectation;
}

const kinds = {
  fresh: 6,
  revised: 4,
  'same-stamp': 2,
  duplicate: 3,
  'no-stamp': 2,
  'no-esiid': 1,
  zip: 2,
  gzip: 1,
  'bad-rows': 3,
  'bad-file': 2,
  'other-report': 1,
  'daily-reads': 3,
  'monthly-reads': 1,
  large: 0.5,
};
type FileKind = keyof typeof kinds;

const nothing: Expectation = {
  status: 'failed',
  errorCodes: [],
  isSelfContained: false,
  blocks: [],
  reads: [],
  rowsRead: 0,
  missingKwh: 0,
  nonexistentHour: 0,
  rejected: 0,
};

/** The files of a run. Later ones copy, revise or contradict earlier ones. */
export function planFiles(random: Random, count: number): PlannedFile[] {
  const files: PlannedFile[] = [];
  while (files.length < count) {
    const kind = random.weighted(kinds);
    files.push(makeFile(random, kind, files));
  }
  return files;
}

function makeFile(random: Random, kind: FileKind, earlier: readonly PlannedFile[]): PlannedFile {
  const number = earlier.length + 1;
  const filename = random.pick([`IntervalData-${number}.csv`, `Interval Data +${number} Zähler №.CSV`]);
  const base = { kind, filename, hint: null };
  switch (kind) {
    case 'fresh':
      return { ...base, ...csvFile(random, freshBlocks(random)) };
    case 'revised':
      return { ...base, ...csvFile(random, [revise(random, earlier, random.int(1, 3))]) };
    case 'same-stamp':
      return { ...base, ...csvFile(random, [revise(random, earlier, 'same')]) };
    case 'duplicate':
      return { ...(earlier.length > 0 ? random.pick(earlier) : makeFile(random, 'fresh', earlier)), kind };
    case 'no-stamp':
      return { ...base, ...csvFile(random, [revise(random, earlier, null)], { hasStamps: false }) };
    case 'no-esiid':
      return { ...base, ...withoutEsiid(random) };
    case 'zip':
      return { ...base, ...zipFile(random, number) };
    case 'gzip': {
      const { bytes, expected } = csvFile(random, freshBlocks(random));
      return { ...base, bytes: gzipSync(bytes), expected };
    }
    case 'bad-rows':
      return { ...base, ...withBadRows(random) };
    case 'bad-file':
      return { ...base, ...badFile(random, number) };
    case 'other-report':
      return { ...base, bytes: otherReport(number), expected: { ...nothing, status: 'ignored' } };
    case 'daily-reads':
      return { ...base, ...dailyReadsFile(random, earlier) };
    case 'monthly-reads': {
      const { text, rowCount } = renderMonthlyReads(random);
      const expected = { ...readsExpected, rowsRead: rowCount };
      return { ...base, bytes: Buffer.from(text), expected };
    }
    case 'large':
      return { ...base, ...csvFile(random, largeBlocks(random)) };
  }
}

type Content = Pick<PlannedFile, 'bytes' | 'expected'>;

function csvFile(
  random: Random,
  blocks: readonly DayReadings[],
  options: Partial<RenderOptions> = {},
): Content {
  const { hasEsiidColumn = true, hasStamps = true, skipsGaps = random.chance(0.3) } = options;
  const rendered = renderCsv(blocks, { hasEsiidColumn, hasStamps, skipsGaps });
  const expected: Expectation = {
    ...nothing,
    status: 'normalized',
    isSelfContained: hasEsiidColumn && hasStamps,
    blocks,
    rowsRead: rendered.rowCount,
    missingKwh: rendered.gapCount,
    nonexistentHour: rendered.skippedCount,
  };
  return { bytes: Buffer.from(rendered.text), expected };
}

const readsExpected: Expectation = { ...nothing, status: 'normalized', isSelfContained: true };

/** Reads of days that earlier files have, and of one that no file may have. */
function dailyReadsFile(random: Random, earlier: readonly PlannedFile[]): Content {
  const known = earlier.flatMap(({ kind, expected }) => (kind === 'large' ? [] : expected.blocks));
  const reads = randomReads(random, [...known, ...freshBlocks(random)], random.int(1, 6));
  const expected = { ...readsExpected, reads, rowsRead: reads.length };
  return { bytes: Buffer.from(renderDailyReads(reads)), expected };
}

/** Blocks of different meter-days. */
function freshBlocks(random: Random): DayReadings[] {
  const chosen = new Set(random.list(random.int(1, 3), () => random.pick(days)));
  return [...chosen].map((day) => randomReadings(random, { day }));
}

function largeBlocks(random: Random): DayReadings[] {
  return esiids
    .slice(0, 2)
    .flatMap((esiid) =>
      longSummer.map((day) =>
        randomReadings(random, { day, esiid, channel: 'consumption', stampedAfterDays: 1 }),
      ),
    );
}

/** A meter-day of an earlier file with some values changed, under its own stamp, another or none. */
function revise(random: Random, earlier: readonly PlannedFile[], stamp: number | null | 'same'): DayReadings {
  const known = earlier.flatMap(({ kind, expected }) => (kind === 'large' ? [] : expected.blocks));
  const original = known.length > 0 ? random.pick(known) : randomReadings(random, { day: random.pick(days) });
  return changed(random, original, stamp === 'same' ? (original.stampedAfterDays ?? 1) : stamp);
}

function withoutEsiid(random: Random): Content & { hint: string } {
  const blocks = [randomReadings(random, { day: random.pick(days) })];
  return { ...csvFile(random, blocks, { hasEsiidColumn: false }), hint: blocks[0]?.esiid ?? '' };
}

function zipFile(random: Random, number: number): Content {
  const members = random.list(random.int(1, 3), () => csvFile(random, freshBlocks(random)));
  const sum = (count: (expected: Expectation) => number) =>
    members.reduce((total, { expected }) => total + count(expected), 0);
  const bytes = zip({
    ...Object.fromEntries(members.map((member, index) => [`interval-${index}.CSV`, member.bytes])),
    'other.csv': otherReport(number),
  });
  const expected: Expectation = {
    ...nothing,
    status: 'normalized',
    isSelfContained: true,
    blocks: members.flatMap((member) => member.expected.blocks),
    rowsRead: sum(({ rowsRead }) => rowsRead),
    missingKwh: sum(({ missingKwh }) => missingKwh),
    nonexistentHour: sum(({ nonexistentHour }) => nonexistentHour),
  };
  return { bytes, expected };
}

/** Good rows, and some that have lost their ESIID, their number or their time. */
function withBadRows(random: Random): Content {
  const { bytes, expected } = csvFile(random, freshBlocks(random));
  const esiid = random.pick(esiids);
  const bad = [
    `1.04437E+16,07/04/2023,07/05/2023 06:18:33,00:00,00:15,.1,A,Consumption`,
    `'${esiid},07/04/2023,07/05/2023 06:18:33,00:00,00:15,much,A,Consumption`,
    `'${esiid},07/04/2023,07/05/2023 06:18:33,noon,00:15,.1,A,Consumption`,
    `'${esiid},07/04/2023`,
  ].slice(0, random.int(1, 4));
  return {
    bytes: Buffer.concat([bytes, Buffer.from(`${bad.join('\n')}\n`)]),
    expected: { ...expected, rowsRead: expected.rowsRead + bad.length, rejected: bad.length },
  };
}

function badFile(random: Random, number: number): Content {
  const failed = (bytes: Buffer, ...errorCodes: string[]): Content => ({
    bytes,
    expected: { ...nothing, errorCodes },
  });
  const kinds = ['empty', 'binary', 'header', 'truncated', 'gzip-gap', 'unlisted', 'understated'] as const;
  switch (random.pick(kinds)) {
    case 'empty':
      return failed(Buffer.alloc(0), 'empty-file');
    case 'binary':
      return failed(Buffer.from([...random.list(400, () => random.int(0, 31)), 0, 1, 2]), 'binary-file');
    case 'header':
      return failed(Buffer.from(`<html><body>Service unavailable ${number}</body></html>\n`), 'html-page');
    case 'truncated': {
      const whole = zipFile(random, number).bytes;
      return failed(whole.subarray(0, whole.length - 40), 'truncated-archive', 'corrupt-zip');
    }
    case 'gzip-gap': {
      const [first, second] = [csvFile(random, freshBlocks(random)), csvFile(random, freshBlocks(random))];
      return failed(
        Buffer.concat([gzipSync(first.bytes), Buffer.from([0, 7]), gzipSync(second.bytes)]),
        'corrupt-gzip',
      );
    }
    case 'unlisted': {
      const hidden = {
        name: 'hidden.csv',
        bytes: csvFile(random, freshBlocks(random)).bytes,
        isUnlisted: true,
      };
      const shown = { name: 'shown.csv', bytes: csvFile(random, freshBlocks(random)).bytes };
      return failed(writeZip(random.chance(0.5) ? [hidden, shown] : [shown, hidden]).bytes, 'corrupt-zip');
    }
    case 'understated': {
      const whole = Buffer.from(zipFile(random, number).bytes);
      whole.writeUInt16LE(1, whole.length - 14);
      whole.writeUInt16LE(1, whole.length - 12);
      return failed(whole, 'corrupt-zip');
    }
  }
}

function otherReport(number: number): Buffer {
  return Buffer.from(`ESIID,METER_NUMBER,CITY\n${esiids[0]},${number},Austin\n`);
}
