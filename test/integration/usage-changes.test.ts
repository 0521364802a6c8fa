import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { listChanges } from '../../functions/usage/changes.ts';
import { usageRoutes } from '../../functions/usage/routes.ts';
import { changesResponse } from '../../functions/usage/schemas.ts';
import { readRequest } from '../../shared/http/read-request.ts';
import type { Database } from '../../shared/storage/database.ts';
import { getEvent } from '../support/api-event.ts';
import { freshDatabase } from '../support/database.ts';
import { esiidA, esiidB, loadFile, newBlock } from '../support/rows.ts';

async function changesAfter(database: Database, cursor: string | null, query: Record<string, string> = {}) {
  const event = getEvent('/api/usage/changes', { ...(cursor === null ? {} : { cursor }), ...query });
  const { body } = await listChanges(database, readRequest(usageRoutes.listChanges, event));
  return changesResponse.parse(body);
}

/** A transaction that changes days of an ESIID and stays open until it is released to commit. */
async function openChange(database: Database, rawFileId: number, esiid: string) {
  const client = await database.connect();
  await client.query('begin');
  await client.query(
    `insert into raw_file_meters (raw_file_id, esiid, channel, first_usage_date, last_usage_date)
     values ($1, $2, 'consumption', '2025-03-01', '2025-03-31')`,
    [rawFileId, esiid],
  );
  return {
    async commit() {
      await client.query('commit');
      client.release();
    },
  };
}

describe('The changes', () => {
  test('name ESIID, channel and days of what each file brought, once', async () => {
    const database = await freshDatabase();
    const first = await loadFile(database, [
      newBlock({ usageDate: '2025-01-15' }),
      newBlock({ usageDate: '2025-01-20' }),
      newBlock({ esiid: esiidB, channel: 'generation' }),
    ]);

    const { changes, next_cursor: cursor } = await changesAfter(database, null);
    const again = await changesAfter(database, cursor);
    const second = await loadFile(database, [newBlock({ usageDate: '2025-02-01' })]);
    const later = await changesAfter(database, again.next_cursor);

    const consumption = { esiid: esiidA, channel: 'consumption' };
    expect(changes).toEqual([
      { ...consumption, first_date: '2025-01-15', last_date: '2025-01-20', raw_file_id: first.id },
      {
        ...{ esiid: esiidB, channel: 'generation', first_date: '2025-01-15', last_date: '2025-01-15' },
        raw_file_id: first.id,
      },
    ]);
    expect(again).toEqual({ ok: true, changes: [], next_cursor: cursor });
    expect(later.changes).toEqual([
      { ...consumption, first_date: '2025-02-01', last_date: '2025-02-01', raw_file_id: second.id },
    ]);
  });

  test('of a transaction that commits late are not skipped: what came after it waits', async () => {
    const database = await freshDatabase();
    const slow = await openChange(database, 1001, esiidA);
    const quick = await openChange(database, 1002, esiidB);
    await quick.commit();

    const withheld = await changesAfter(database, null);
    await slow.commit();
    const both = await changesAfter(database, withheld.next_cursor);

    expect(withheld.changes).toEqual([]);
    expect(both.changes.map(({ raw_file_id }) => raw_file_id)).toEqual(['1001', '1002']);
  });

  test('are all seen exactly once by a polling reader, while writers commit in any order', async () => {
    const database = await freshDatabase();
    let isWriting = true;
    const write = async (worker: number) => {
      for (let round = 0; round < 15; round++) {
        const change = await openChange(database, 1 + worker * 100 + round, esiidA);
        await sql`select pg_sleep(${Math.random() / 50})`.execute(database.kysely);
        await change.commit();
      }
    };
    const read = async () => {
      const seen: string[] = [];
      let cursor: string | null = null;
      for (let isLast = false; ; isLast = !isWriting) {
        const page: Awaited<ReturnType<typeof changesAfter>> = await changesAfter(database, cursor, {
          limit: '7',
        });
        seen.push(...page.changes.map(({ raw_file_id }) => raw_file_id));
        cursor = page.next_cursor;
        if (isLast && page.changes.length === 0) return seen;
      }
    };

    const reading = read();
    await Promise.all([write(0), write(1)]);
    isWriting = false;
    const seen = await reading;

    const written = [0, 1].flatMap((worker) =>
      Array.from({ length: 15 }, (_, round) => `${1 + worker * 100 + round}`),
    );
    expect([...seen].sort()).toEqual(written.sort());
  });

  test('are waited for when there is none', async () => {
    const database = await freshDatabase();
    const waiting = changesAfter(database, null, { wait: '25' });
    await loadFile(database, [newBlock()]);

    expect((await waiting).changes).toHaveLength(1);
    expect((await changesAfter(database, (await waiting).next_cursor, { wait: '0.1' })).changes).toEqual([]);
  });
});
