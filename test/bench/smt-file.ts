import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface FileShape {
  readonly esiids: number;
  /** Number of the first; others follow. */
  readonly firstEsiid?: number;
  readonly days: number;
  /** `YYYY-MM-DD` */
  readonly firstDay: string;
  /** Share of the days (0 to 1) that come again with other values and a stamp two days later; the others as they are. */
  readonly revised?: number;
}

export interface SmtFile {
  readonly path: string;
  readonly rows: number;
  /** Rows with a value. */
  readonly intervals: number;
  readonly sizeBytes: number;
}

const header =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION\n';
/** The clock changes of the years that files are made of. */
const springForward = new Set(['2023-03-12', '2024-03-10', '2025-03-09']);
const fallBack = new Set(['2023-11-05', '2024-11-03', '2025-11-02']);
const dayMs = 86_400_000;
/** One in this many values is estimated: rare, and by whole days, as in real files. */
const estimatedDayIn = 200;

/**
 * Writes a file as the portal exports it, guarded ESIIDs and trimmed zeros included, with the clock-change days as SMT
 * writes them. The same bytes for the same shape, every time.
 */
export async function writeSmtFile(file: string, shape: FileShape): Promise<SmtFile> {
  const counts = { rows: 0, intervals: 0 };
  await pipeline(Readable.from(contentOf(shape, counts)), createWriteStream(file));
  return { path: file, ...counts, sizeBytes: (await stat(file)).size };
}

function* contentOf(shape: FileShape, counts: { rows: number; intervals: number }): Generator<string> {
  yield header;
  const { esiids, firstEsiid = 1, days, firstDay, revised = 0 } = shape;
  const firstMs = Date.parse(firstDay);
  for (let esiid = firstEsiid; esiid < firstEsiid + esiids; esiid += 1) {
    const random = randomOf(esiid);
    for (let day = 0; day < days; day += 1) {
      const isRevised = random() < revised;
      yield dayOf(esiid, firstMs + day * dayMs, isRevised ? 1 : 0, counts);
    }
  }
}

/** ESIID of a meter's number, in Oncor's range. */
export function esiidOf(number: number): string {
  return `10443720${String(number).padStart(9, '0')}`;
}

function dayOf(
  esiid: number,
  atMs: number,
  revision: number,
  counts: { rows: number; intervals: number },
): string {
  const date = new Date(atMs).toISOString().slice(0, 10);
  const random = randomOf(esiid * 100_003 + atMs / dayMs + revision * 7_919);
  const level = 0.2 + 4 * random() ** 3;
  const flag = random() * estimatedDayIn < 1 ? 'E' : 'A';
  const start = `'${esiidOf(esiid)},${usDate(atMs)},${usDate(atMs + (1 + 2 * revision) * dayMs)} 06:18:33,`;
  let text = '';
  for (const [from, to] of labelsOf(date)) {
    const isSkipped = springForward.has(date) && from.startsWith('02:');
    const reading = isSkipped ? ',' : `${kwh(level * (0.05 + random()))},${flag}`;
    text += `${start}${from},${to},${reading},Consumption\n`;
    counts.rows += 1;
    if (!isSkipped) counts.intervals += 1;
  }
  return text;
}

/** Three places, zeros trimmed on both sides: `.145`, `2`, `0`. */
function kwh(value: number): string {
  const trimmed = value.toFixed(3).replace(/\.?0+$/, '');
  return trimmed.startsWith('0.') ? trimmed.slice(1) : trimmed;
}

type Labels = readonly [start: string, end: string];

const ordinaryDay = Array.from({ length: 96 }, (_, slot): Labels => [label(slot), label(slot + 1)]);
/** The repeated hour stands before the real 02:00, and its first start label is wrong in every file SMT delivers. */
const longDay: readonly Labels[] = [
  ...ordinaryDay.slice(0, 8),
  ['02:00', '01:15'],
  ...ordinaryDay.slice(5, 8),
  ...ordinaryDay.slice(8),
];

function labelsOf(date: string): readonly Labels[] {
  return fallBack.has(date) ? longDay : ordinaryDay;
}

function label(slot: number): string {
  const minutes = (slot % 96) * 15;
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

function usDate(atMs: number): string {
  const [year, month, day] = new Date(atMs).toISOString().slice(0, 10).split('-');
  return `${month}/${day}/${year}`;
}

/** Pseudo-random numbers between 0 and 1 from a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = Math.imul(seed, 0x9e3779b1);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
