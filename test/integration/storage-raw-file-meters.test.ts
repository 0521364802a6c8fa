import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { Database } from '../../shared/storage/database.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { replayRawFiles } from '../../shared/storage/raw-files/replay-raw-files.ts';
import { freshDatabase } from '../support/database.ts';
import { claim, esiidA, esiidB, load, loadFile, newBlock, newRawFile } from '../support/rows.ts';

function meters({ kysely }: Database) {
  return kysely.selectFrom('raw_file_meters').selectAll().orderBy('raw_file_id').orderBy('esiid').execute();
}

/** What a reader of changes sees after a position, as the migration describes it. */
async function changesAfter({ kysely }: Database, position: string): Promise<{ id: string; xid: string }[]> {
  const { rows } = await sql<{ id: string; xid: string }>`
    select raw_file_id as id, changed_xid::text as xid
    from raw_file_meters
    where changed_xid > ${position}::xid8 and changed_xid < pg_snapshot_xmin(pg_current_snapshot())
    order by changed_xid, raw_file_id, esiid, channel`.execute(kysely);
  return rows;
}

async function waitingBackends({ kysely }: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(kysely);
  return rows[0]?.count ?? 0;
}

async function replayAndLoad(
  database: Database,
  id: string,
  blocks: Parameters<typeof load>[2],
): Promise<void> {
  await replayRawFiles(database, { bucket: 'raw', ids: [id], limit: 1, dryRun: false });
  await load(database, await claim(database, id), blocks);
}

describe('raw_file_meters', () => {
  test('has a row per file, ESIID and channel with the days that the file holds', async () => {
    const database = await freshDatabase();
    const days = ['2025-01-15', '2025-01-20', '2025-01-17'].map((usageDate) => newBlock({ usageDate }));
    const other = [newBlock({ esiid: esiidB }), newBlock({ esiid: esiidB, channel: 'generation' })];

    const first = await loadFile(database, [...days, ...other]);
    const second = await loadFile(database, days.slice(1, 2));

    expect(first).toMatchObject({ esiids: [esiidA, esiidB], esiidCount: 2 });
    expect(await meters(database)).toMatchObject([
      { raw_file_id: first.id, esiid: esiidA, first_usage_date: '2025-01-15', last_usage_date: '2025-01-20' },
      { raw_file_id: first.id, esiid: esiidB, channel: 'consumption' },
      { raw_file_id: first.id, esiid: esiidB, channel: 'generation' },
      {
        raw_file_id: second.id,
        esiid: esiidA,
        first_usage_date: '2025-01-20',
        last_usage_date: '2025-01-20',
      },
    ]);
  });

  test('is unchanged by a replay that adds nothing, and covers both attempts after one that does', async () => {
    const database = await freshDatabase();
    const { id } = await loadFile(database, [newBlock()]);
    const before = await meters(database);

    await replayAndLoad(database, id, [newBlock()]);
    expect(await meters(database)).toEqual(before);

    await replayAndLoad(database, id, [newBlock({ usageDate: '2025-01-10' })]);
    const [after] = await meters(database);
    expect(after).toMatchObject({ first_usage_date: '2025-01-10', last_usage_date: '2025-01-15' });
    expect(after?.changed_xid).not.toBe(before[0]?.changed_xid);
  });

  test('hides from a reader of changes what committed early until what began before it has ended', async () => {
    const database = await freshDatabase();
    const { id: brought } = await loadFile(database, []);
    const slow = await registerRawFile(database, newRawFile());
    const claimed = await claim(database, slow.id);
    const other = await database.connect();
    try {
      // The slow load has begun to write, and waits for the end of another transaction that inserts one of its blocks.
      await other.query('begin');
      await other.query(
        `insert into interval_blocks (esiid, channel, usage_date, revised_at, content, raw_file_id, kwh)
         values ($1, 'consumption', '2025-01-15', '2025-01-16T06:00:00Z', $2, $3, $4)`,
        [esiidA, newBlock().content, brought, newBlock().kwh],
      );
      const slowLoad = load(database, claimed, [newBlock({ usageDate: '2025-01-10' }), newBlock()]);
      await expect.poll(() => waitingBackends(database)).toBe(1);
      const quick = await loadFile(database, [newBlock({ usageDate: '2025-01-16' })]);

      expect(await changesAfter(database, '0')).toEqual([]);
      await other.query('rollback');
      await slowLoad;
      expect((await changesAfter(database, '0')).map(({ id }) => id)).toEqual([slow.id, quick.id]);
    } finally {
      other.release();
    }
  });
});
