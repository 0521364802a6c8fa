import { createReadStream } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse';
import { sql } from 'kysely';
import { readRawFile } from '../../../shared/smt/read-raw-file.ts';
import { type Findings, figure, type Measure, verdict } from '../findings.ts';
import { NormalizeWorker } from '../normalize-worker.ts';
import { RowTable } from '../row-table.ts';
import type { BenchSetup } from '../setup.ts';
import { type FileShape, type SmtFile, writeSmtFile } from '../smt-file.ts';
import { ratiosOf, takeTurns, timeOf } from '../spread.ts';

const rowsPerInsert = 4_000;

/** A large file end to end, against loading ready-made rows a row per interval, and against tokenizing alone. */
export const normalize: Measure = {
  title: 'one large file, S3 object to committed intervals, in one worker',
  async run(setup) {
    const shape: FileShape = { esiids: setup.isQuick ? 4 : 34, days: 320, firstDay: '2024-02-01' };
    const file = await writeSmtFile(path.join(setup.dir, 'large.csv'), shape);
    const revised = await writeSmtFile(path.join(setup.dir, 'revised.csv'), { ...shape, revised: 0.05 });
    const worker = await NormalizeWorker.start(setup);
    try {
      return await race(setup, worker, file, revised);
    } finally {
      await worker.close();
    }
  },
};

async function race(
  setup: BenchSetup,
  worker: NormalizeWorker,
  file: SmtFile,
  revised: SmtFile,
): Promise<Findings> {
  const [id, revisedId] = [await worker.register(file), await worker.register(revised)];
  await worker.normalize(file, id);
  const rows = await RowTable.of(worker.database.pool, path.join(setup.dir, 'rows.copy'));
  const cpuMs = {
    first: [],
    again: [],
    revised: [],
    copy: [],
    upsert: [],
    inserts: [],
    tokenize: [],
  } as Record<string, number[]>;
  const counted = (name: string, work: () => Promise<number>) => async () => {
    const before = await worker.cpu.total();
    const tookMs = await work();
    cpuMs[name]?.push((await worker.cpu.total()) - before);
    return tookMs;
  };
  const first = counted('first', () => worker.normalize(file, id));
  const contestants = {
    first: async () => {
      await worker.emptyTables();
      return first();
    },
    again: counted('again', () => worker.normalize(file, id)),
    revised: counted('revised', () => worker.normalize(revised, revisedId)),
    copy: counted('copy', () => rows.copy()),
    upsert: counted('upsert', () => rows.copyAndUpsert()),
    inserts: counted('inserts', () => rows.insertMany(rowsPerInsert)),
    tokenize: counted('tokenize', () => timeOf(() => tokenize(file.path))),
    read: () => timeOf(() => readAlone(file)),
  };
  const rounds = setup.isQuick ? 3 : 7;
  const checkpoint = async () => void (await sql`checkpoint`.execute(worker.database.kysely));
  const times = await takeTurns(contestants, { rounds, warmups: 1, prepare: checkpoint });
  const measuredRounds = (name: string) => (cpuMs[name] ?? []).slice(-rounds);
  const faster = (than: number[]) => ratiosOf(than, times.first);
  return {
    figures: [
      figure('first load, end to end', 'ms', times.first),
      figure('same file again', 'ms', times.again),
      figure('5 % of the days revised', 'ms', times.revised),
      figure('(a) bare COPY of ready rows into a keyed table', 'ms', times.copy),
      figure('(b) staged COPY and upsert', 'ms', times.upsert),
      figure(`(c) INSERTs of ${rowsPerInsert} rows`, 'ms', times.inserts),
      figure('(d) csv-parse alone, tokenizing', 'ms', times.tokenize),
      figure('our reader alone, no database', 'ms', times.read),
      figure(
        'rows per second, first load',
        'rows/s',
        times.first.map((ms) => (file.rows / ms) * 1000),
      ),
      figure('CPU of all parts: first load', 'ms', measuredRounds('first')),
      figure('CPU of all parts: same file again', 'ms', measuredRounds('again')),
      figure('CPU of all parts: 5 % revised', 'ms', measuredRounds('revised')),
      figure('CPU of all parts: (a)', 'ms', measuredRounds('copy')),
      figure('CPU of all parts: (b)', 'ms', measuredRounds('upsert')),
      figure('CPU of all parts: (c)', 'ms', measuredRounds('inserts')),
      figure('CPU of all parts: (d)', 'ms', measuredRounds('tokenize')),
    ],
    verdicts: [
      verdict('faster than (a) bare COPY', '×', faster(times.copy), { atLeast: 3.5 }, { atLeast: 0.8 }),
      verdict('faster than (b) staged upsert', '×', faster(times.upsert), { atLeast: 2.7 }, { atLeast: 1.5 }),
      verdict('faster than (c) INSERTs', '×', faster(times.inserts), { atLeast: 4.5 }, { atLeast: 2.5 }),
      verdict(
        'time, as a share of (d)',
        '×',
        ratiosOf(times.first, times.tokenize),
        { atMost: 1.35 },
        { atMost: 2 },
      ),
      verdict('same file again', '×', ratiosOf(times.again, times.first), { atMost: 1 }, { atMost: 2.5 }),
      verdict(
        '5 % of the days revised',
        '×',
        ratiosOf(times.revised, times.first),
        { atMost: 1 },
        { atMost: 2.5 },
      ),
    ],
    notes: [
      `${file.rows} rows, ${file.sizeBytes} bytes; the opponents get their rows ready-made and in key order, from memory`,
    ],
  };
}

/** csv-parse at its fastest through a stream: fields as arrays, one read() after the other. */
async function tokenize(file: string): Promise<number> {
  const parser = createReadStream(file).pipe(parse());
  let rows = 0;
  parser.on('readable', () => {
    while (parser.read() !== null) rows += 1;
  });
  await new Promise((resolve, reject) => parser.on('end', resolve).on('error', reject));
  return rows;
}

async function readAlone(file: SmtFile): Promise<void> {
  const source = {
    sizeBytes: file.sizeBytes,
    stream: (startByte: number, endByte: number) =>
      createReadStream(file.path, { start: startByte, end: endByte - 1 }),
  };
  await readRawFile(
    source,
    { filename: 'large.csv', esiidHint: null, receivedAt: new Date() },
    () => undefined,
  );
}
