import path from 'node:path';
import { sql } from 'kysely';
import type { Database } from '../../../shared/storage/database.ts';
import { figure, type Measure, verdict } from '../findings.ts';
import { NormalizeWorker } from '../normalize-worker.ts';
import { RowTable } from '../row-table.ts';
import { writeSmtFile } from '../smt-file.ts';

const megabyte = 1024 ** 2;

/** Heap, TOAST and index of the same intervals, both ways. */
export const storage: Measure = {
  title: 'bytes stored, blocks against a row per interval',
  async run(setup) {
    const shape = { esiids: setup.isQuick ? 4 : 34, days: 320, firstDay: '2024-02-01' };
    const file = await writeSmtFile(path.join(setup.dir, 'storage.csv'), shape);
    const worker = await NormalizeWorker.start(setup);
    try {
      const { database } = worker;
      await worker.normalize(file, await worker.register(file));
      const rows = await RowTable.of(database.pool, path.join(setup.dir, 'storage.copy'));
      await rows.copy();
      const blockBytes = await sizeOf(database, 'interval_blocks');
      const rowBytes = await sizeOf(database, 'interval_rows');
      return {
        figures: [
          figure('blocks', 'MB', [blockBytes / megabyte]),
          figure('a row per interval', 'MB', [rowBytes / megabyte]),
          figure('a block', 'bytes', [blockBytes / (shape.esiids * shape.days)]),
          figure('a row', 'bytes', [rowBytes / file.intervals]),
        ],
        verdicts: [
          verdict('blocks to rows', '×', [blockBytes / rowBytes], { atMost: 0.125 }, { atMost: 0.15 }),
        ],
        notes: [`${file.intervals} intervals of 0 to 4.4 kWh, one day in 200 estimated, one revision a day`],
      };
    } finally {
      await worker.close();
    }
  },
};

async function sizeOf(database: Database, table: string): Promise<number> {
  await sql`vacuum analyze ${sql.table(table)}`.execute(database.kysely);
  const { rows } = await sql<{ bytes: string }>`
    select pg_total_relation_size(${table}::regclass) as bytes`.execute(database.kysely);
  return Number(rows[0]?.bytes);
}
