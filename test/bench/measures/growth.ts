import path from 'node:path';
import { sql } from 'kysely';
import { type Findings, figure, type Measure, verdict } from '../findings.ts';
import { NormalizeWorker } from '../normalize-worker.ts';
import type { BenchSetup } from '../setup.ts';
import { type SmtFile, writeSmtFile } from '../smt-file.ts';
import { ratiosOf, takeTurns } from '../spread.ts';

/** What is stored before, in multiples of the blocks of a file of a million intervals. */
const factors = [1, 4, 16] as const;
const shape = { days: 320, firstDay: '2024-02-01' };

/** Whether a load gets slower as the table fills: a worker and a database for each size, all side by side. */
export const growth: Measure = {
  title: 'loading the same file into tables of 1, 4 and 16 million intervals',
  async run(setup) {
    const esiids = setup.isQuick ? 3 : 34;
    const stored = await writeSmtFile(path.join(setup.dir, 'stored.csv'), { ...shape, esiids });
    const file = await writeSmtFile(path.join(setup.dir, 'growth.csv'), {
      ...shape,
      esiids,
      firstEsiid: 500,
    });
    const tables: Table[] = [];
    try {
      for (const factor of factors) tables.push(await fill(setup, stored, file, factor));
      return await race(setup, tables, file);
    } finally {
      for (const { worker } of tables) await worker.close();
    }
  },
};

interface Table {
  readonly worker: NormalizeWorker;
  readonly rawFileId: string;
}

async function fill(setup: BenchSetup, stored: SmtFile, file: SmtFile, factor: number): Promise<Table> {
  const worker = await NormalizeWorker.start(setup);
  await worker.normalize(stored, await worker.register(stored));
  // The same blocks for other meters, so that those of the file fall between them.
  await sql`
    insert into interval_blocks
      (esiid, channel, usage_date, revised_at, content, raw_file_id, meter, wh, kwh, estimated)
    select substr(esiid, 1, 8) || lpad((substr(esiid, 9)::bigint + 1000 * copy)::text, 9, '0'),
      channel, usage_date, revised_at, content, raw_file_id, meter, wh, kwh, estimated
    from interval_blocks, generate_series(1, ${factor - 1}::integer) copy
    order by 1, 2, 3`.execute(worker.database.kysely);
  await sql`vacuum analyze interval_blocks`.execute(worker.database.kysely);
  return { worker, rawFileId: await worker.register(file) };
}

async function race(setup: BenchSetup, tables: readonly Table[], file: SmtFile): Promise<Findings> {
  const load =
    ({ worker, rawFileId }: Table) =>
    async () => {
      const tookMs = await worker.normalize(file, rawFileId);
      const { kysely } = worker.database;
      await sql`delete from interval_blocks where raw_file_id = ${rawFileId}`.execute(kysely);
      await sql`vacuum interval_blocks`.execute(kysely);
      await sql`checkpoint`.execute(kysely);
      return tookMs;
    };
  const contestants = Object.fromEntries(
    tables.map((table, index) => [String(factors[index]), load(table)] as const),
  );
  const times = await takeTurns(contestants, { rounds: setup.isQuick ? 3 : 7, warmups: 1 });
  const of = (factor: number) => times[String(factor)] ?? [];
  const millions = (factor: number) => `${((factor * file.intervals) / 1e6).toFixed(1)} million stored`;
  return {
    figures: factors.map((factor) => figure(millions(factor), 'ms', of(factor))),
    verdicts: [
      verdict('1 to 4', '×', ratiosOf(of(4), of(1)), { atMost: 1.15 }, { atMost: 2.5 }),
      verdict('4 to 16', '×', ratiosOf(of(16), of(4)), { atMost: 1.15 }, { atMost: 2.5 }),
    ],
    notes: [`each load adds ${file.intervals} intervals, which are deleted and vacuumed away after it`],
  };
}
