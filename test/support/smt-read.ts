import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { ByteSource } from '../../shared/archive/byte-source.ts';
import type { IntervalBlock } from '../../shared/intervals/block.ts';
import type { RowCounts } from '../../shared/intervals/row-counts.ts';
import type { DailyRead } from '../../shared/reads/daily-read.ts';
import type { MonthlyRead } from '../../shared/reads/monthly-read.ts';
import { type RawFileOptions, type RawFileReport, readRawFile } from '../../shared/smt/read-raw-file.ts';
import { kwhText, momentsOf, type Reading } from './smt-meter.ts';

export interface ReadFile {
  readonly report: RawFileReport;
  /** Blocks of members that did not fail. */
  readonly blocks: readonly IntervalBlock[];
  /** Daily and monthly reads of members that did not fail. */
  readonly reads: readonly (DailyRead | MonthlyRead)[];
}

/** A file that comes in pieces of this many bytes, whatever is asked for. */
export function chunkedSource(bytes: Buffer, chunkBytes: number): ByteSource {
  function* chunks(startByte: number, endByte: number): Generator<Buffer> {
    for (let at = startByte; at < endByte; at += chunkBytes)
      yield bytes.subarray(at, Math.min(endByte, at + chunkBytes));
  }
  return {
    sizeBytes: bytes.length,
    stream: (startByte, endByte) => Readable.from(chunks(startByte, endByte), { objectMode: false }),
  };
}

/** Later than any date that tests make up. */
const farFuture = new Date('2200-01-01');

/** Larger files are read once: they are about time or memory. */
const maxComparedBytes = 300_000;

/**
 * Reads a file as normalize does. Whatever it is, its row counts have to add up, and it is the same to the last line number if
 * every row is parsed, also those that repeat the row before them.
 */
export async function readBytes(
  content: Buffer | string,
  options: Partial<RawFileOptions> & { chunkBytes?: number } = {},
): Promise<ReadFile> {
  const read = await readOnce(content, options);
  if (content.length <= maxComparedBytes && !read.report.errorCode?.startsWith('archive-'))
    assert.deepEqual(read, await readOnce(content, { ...options, parsesEveryRow: true }));
  return read;
}

async function readOnce(
  content: Buffer | string,
  options: Partial<RawFileOptions> & { chunkBytes?: number },
): Promise<ReadFile> {
  const { chunkBytes = 65_536, ...rest } = options;
  const staged: { block: IntervalBlock; member: number }[] = [];
  const stagedReads: { read: DailyRead | MonthlyRead; member: number }[] = [];
  const report = await readRawFile(
    chunkedSource(Buffer.from(content), chunkBytes),
    { filename: 'file.csv', esiidHint: null, receivedAt: farFuture, ...rest },
    (block, member) => {
      staged.push({ block, member });
    },
    (read, member) => {
      stagedReads.push({ read, member });
    },
  );
  expectCountsToAddUp(report.counts);
  for (const { counts } of report.members) expectCountsToAddUp(counts);
  const blocks = staged.flatMap(({ block, member }) => (report.members[member]?.errorCode ? [] : [block]));
  const reads = stagedReads.flatMap(({ read, member }) => (report.members[member]?.errorCode ? [] : [read]));
  return { report, blocks, reads };
}

/** Every data row falls into exactly one count. */
export function expectCountsToAddUp({ rowsRead, ...rest }: RowCounts): void {
  const sum = Object.values(rest).reduce((total, count) => total + count, 0);
  assert.equal(sum, rowsRead, `the counts ${JSON.stringify(rest)} add up to rowsRead`);
}

/** Only the counts that are not 0. */
export function nonZero(counts: RowCounts): Partial<RowCounts> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

/** One line an interval, in order: ESIID, channel, instant of its start, kWh, E or A. */
export function intervalsOf(blocks: readonly IntervalBlock[]): string[] {
  const lines = blocks.flatMap(({ esiid, channel, usageDate, kwh, estimated }) =>
    kwh.flatMap((value, slot) => {
      const startMs = momentsOf(usageDate)[slot]?.startMs ?? Number.NaN;
      return value === null ? [] : [intervalLine(esiid, channel, startMs, value, estimated?.[slot] === '1')];
    }),
  );
  return lines.sort();
}

/** The same from the meter's readings. */
export function intervalsOfReadings(readings: readonly Reading[]): string[] {
  const lines = readings.flatMap(({ esiid, channel, startMs, milliKwh, estimated }) =>
    milliKwh === null ? [] : [intervalLine(esiid, channel, startMs, kwhText(milliKwh), estimated)],
  );
  return lines.sort();
}

function intervalLine(
  esiid: string,
  channel: string,
  startMs: number,
  kwh: string,
  estimated: boolean,
): string {
  return `${esiid} ${channel} ${new Date(startMs).toISOString()} ${kwh} ${estimated ? 'E' : 'A'}`;
}
