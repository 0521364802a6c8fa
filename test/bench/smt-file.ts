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

/** The clock changes of the years that files are made of. */
const springForward = new Set(['2023-03-12', '2024-03-10', '2025-03-09']);
const fallBack = new Set(['2023-11-05', '2024-11-03', '2025-11-02']);
const dayMs = 86_400_000;
/** One in this many values is estimated: rare, and by whole days, as in real files. */
const estimatedDayIn = 200;

/** How the readings of a meter are written, a day after the other. */
interface FileForm {
  readonly beforeFile: string;
  readonly afterFile: string;
  beforeMeter(esiid: string, index: number): string;
  day(esiid: string, day: BenchDay, index: number): string;
  readonly afterMeter: string;
}

/** As the portal exports it: guarded ESIIDs, trimmed zeros, and the clock-change days as SMT writes them. */
const portalCsv: FileForm = {
  beforeFile:
    'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION\n',
  afterFile: '',
  beforeMeter: () => '',
  day: (esiid, { date, revisedAt, readings, flag }) =>
    readings
      .map(({ from, to, kwh }) => {
        const reading = kwh === null ? ',' : `${kwh.replace(/^0\./, '.')},${flag}`;
        return `'${esiid},${date},${revisedAt},${from},${to},${reading},Consumption\n`;
      })
      .join(''),
  afterMeter: '',
};

/** As the official API responds: an array of one object a meter. */
const apiJson: FileForm = {
  beforeFile: '[',
  afterFile: ']\n',
  beforeMeter: (esiid, index) =>
    `${index > 0 ? ',' : ''}{"trans_id":"${index}","esiid":"${esiid}","energyData":[`,
  day: (_, { date, revisedAt, readings, flag }, index) => {
    const fields = readings.map(({ kwh }) => (kwh === null ? '' : `${kwh}-${flag}`));
    if (fields.length < 100) fields.splice(8, 0, '', '', '', '');
    return `${index > 0 ? ',' : ''}{"DT":"${date}","RevTS":"${revisedAt}","RT":"C","RD":"${fields.join(',')}"}`;
  },
  afterMeter: ']}',
};

const forms = { csv: portalCsv, json: apiJson };

/**
 * Writes a file of one of the forms that SMT delivers most. The same readings for the same shape, every time, so that the blocks
 * of the forms are the same.
 */
export async function writeSmtFile(
  file: string,
  shape: FileShape,
  form: keyof typeof forms = 'csv',
): Promise<SmtFile> {
  const counts = { rows: 0, intervals: 0 };
  await pipeline(Readable.from(contentOf(shape, forms[form], counts)), createWriteStream(file));
  return { path: file, ...counts, sizeBytes: (await stat(file)).size };
}

function* contentOf(
  shape: FileShape,
  form: FileForm,
  counts: { rows: number; intervals: number },
): Generator<string> {
  yield form.beforeFile;
  const { esiids, firstEsiid = 1, days, firstDay, revised = 0 } = shape;
  const firstMs = Date.parse(firstDay);
  for (let index = 0; index < esiids; index += 1) {
    const number = firstEsiid + index;
    const random = randomOf(number);
    yield form.beforeMeter(esiidOf(number), index);
    for (let day = 0; day < days; day += 1) {
      const isRevised = random() < revised;
      const written = dayOf(number, firstMs + day * dayMs, isRevised ? 1 : 0);
      counts.rows += written.readings.length;
      counts.intervals += written.readings.filter(({ kwh }) => kwh !== null).length;
      yield form.day(esiidOf(number), written, day);
    }
    yield form.afterMeter;
  }
  yield form.afterFile;
}

/** ESIID of a meter's number, in Oncor's range. */
export function esiidOf(number: number): string {
  return `10443720${String(number).padStart(9, '0')}`;
}

/** A meter's readings of a day. */
interface BenchDay {
  /** As SMT writes dates and stamps. */
  readonly date: string;
  readonly revisedAt: string;
  readonly flag: 'A' | 'E';
  /** In the day's order; null is the hour that did not exist. */
  readonly readings: readonly { readonly from: string; readonly to: string; readonly kwh: string | null }[];
}

function dayOf(esiid: number, atMs: number, revision: number): BenchDay {
  const date = new Date(atMs).toISOString().slice(0, 10);
  const random = randomOf(esiid * 100_003 + atMs / dayMs + revision * 7_919);
  const level = 0.2 + 4 * random() ** 3;
  return {
    date: usDate(atMs),
    revisedAt: `${usDate(atMs + (1 + 2 * revision) * dayMs)} 06:18:33`,
    flag: random() * estimatedDayIn < 1 ? 'E' : 'A',
    readings: labelsOf(date).map(([from, to]) => {
      const isSkipped = springForward.has(date) && from.startsWith('02:');
      return { from, to, kwh: isSkipped ? null : kwhText(level * (0.05 + random())) };
    }),
  };
}

/** Three places, zeros trimmed at the end: `0.145`, `2`, `0`. */
function kwhText(value: number): string {
  return value.toFixed(3).replace(/\.?0+$/, '');
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
