import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { IntervalBlock } from '../../shared/intervals/block.ts';
import { dailyRead } from '../../shared/reads/daily-read.ts';
import { monthlyRead } from '../../shared/reads/monthly-read.ts';
import { removalLock } from '../../shared/storage/data-tables.ts';
import type { Database } from '../../shared/storage/database.ts';
import { getRawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { replayRawFiles } from '../../shared/storage/raw-files/replay-raw-files.ts';
import { eraseEsiid, liftErasure } from '../../shared/storage/removals/erase-esiid.ts';
import { listErasedObjects, markObjectsDeleted } from '../../shared/storage/removals/erased-objects.ts';
import { withdrawRawFile } from '../../shared/storage/removals/withdraw-raw-file.ts';
import { freshDatabase } from '../support/database.ts';
import { claim, esiidA, esiidB, load, loadFile, newBlock, newMember, newRawFile } from '../support/rows.ts';

const request = { requestedBy: 'an operator', reason: 'its revision stamp is mistyped' };

function blocks({ kysely }: Database) {
  return kysely
    .selectFrom('interval_blocks')
    .select(['esiid', 'channel', 'usage_date', 'revised_at', 'content', 'raw_file_id'])
    .orderBy('esiid')
    .orderBy('usage_date')
    .orderBy('revised_at')
    .orderBy('content')
    .execute();
}

async function replayAndLoad(
  database: Database,
  id: string,
  content: readonly IntervalBlock[],
): Promise<void> {
  await replayRawFiles(database, { bucket: 'raw', ids: [id], limit: 1, dryRun: false });
  await load(database, await claim(database, id), content);
}

/** Waits until a backend of the test's database waits for a lock. */
async function untilWaiting({ kysely }: Database, waiting = 1): Promise<void> {
  const count = async () => {
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`.execute(kysely);
    return rows[0]?.count;
  };
  await expect.poll(count).toBe(waiting);
}

describe('Withdrawing a file', () => {
  const day = newBlock({ usageDate: '2025-01-15' });
  const next = newBlock({ usageDate: '2025-01-16' });

  test('removes what it alone loaded, and leaves what another file holds too', async () => {
    const database = await freshDatabase();
    const bad = await loadFile(database, [day, next]);
    const good = await loadFile(database, [next]);

    const withdrawal = await withdrawRawFile(database, bad.id, request);

    expect(withdrawal).toEqual({
      id: bad.id,
      previousStatus: 'normalized',
      rows: { removed: 1, kept: 1 },
      heirId: null,
    });
    expect(await blocks(database)).toMatchObject([{ usage_date: '2025-01-16', raw_file_id: good.id }]);
    expect(await getRawFile(database, bad.id)).toMatchObject({ status: 'withdrawn', intervals_inserted: 0 });
  });

  test('promotes its duplicate', async () => {
    const database = await freshDatabase();
    const sha256 = 'a'.repeat(64);
    const bad = await loadFile(database, [day], { file: { sha256 } });
    const first = await registerRawFile(database, newRawFile({ sha256 }));
    const second = await registerRawFile(database, newRawFile({ sha256 }));

    const withdrawal = await withdrawRawFile(database, bad.id, request);

    expect(withdrawal).toMatchObject({ heirId: first.id, rows: { removed: 0, kept: 1 } });
    expect(await blocks(database)).toMatchObject([{ raw_file_id: first.id }]);
    expect(await getRawFile(database, first.id)).toMatchObject({
      status: 'normalized',
      blocks_inserted: 1,
      esiid_count: 1,
    });
    expect(await getRawFile(database, second.id)).toMatchObject({
      status: 'duplicate',
      duplicate_of: first.id,
    });
    await withdrawRawFile(database, first.id, request);
    await withdrawRawFile(database, second.id, request);
    expect(await blocks(database)).toEqual([]);
  });

  test('is safe to repeat, is recorded once, and is undone by a replay that names the file', async () => {
    const database = await freshDatabase();
    const { id } = await loadFile(database, [day]);

    await Promise.all([withdrawRawFile(database, id, request), withdrawRawFile(database, id, request)]);
    const everything = await replayRawFiles(database, { bucket: 'raw', limit: 10, dryRun: false });

    expect(everything).toEqual([]);
    expect(await database.kysely.selectFrom('removals').selectAll().execute()).toMatchObject([
      { action: 'withdraw', raw_file_id: id, requested_by: 'an operator', rows_removed: '1', rows_kept: '0' },
    ]);
    await replayAndLoad(database, id, [day]);
    expect(await blocks(database)).toHaveLength(1);
    expect(await withdrawRawFile(database, '999', request)).toBeNull();
  });

  test('revokes the lease of a worker that has the file', async () => {
    const database = await freshDatabase();
    const { id } = await registerRawFile(database, newRawFile());
    const claimed = await claim(database, id);

    await withdrawRawFile(database, id, request);

    await expect(load(database, claimed, [day])).rejects.toMatchObject({ code: 'lease-lost' });
    expect(await blocks(database)).toEqual([]);
  });
});

describe('A withdrawal', () => {
  const day = newBlock({ usageDate: '2025-01-15' });
  const next = newBlock({ usageDate: '2025-01-16' });

  test('shows its days to a reader of changes', async () => {
    const database = await freshDatabase();
    const { id } = await loadFile(database, [day]);
    const xid = () =>
      database.kysely.selectFrom('raw_file_meters').select('changed_xid').executeTakeFirstOrThrow();
    const before = await xid();

    await withdrawRawFile(database, id, request);

    expect(BigInt((await xid()).changed_xid)).toBeGreaterThan(BigInt(before.changed_xid));
  });

  test('takes back daily and monthly reads, and leaves those that another file holds', async () => {
    const database = await freshDatabase();
    const daily = dailyRead({
      esiid: esiidA,
      channel: 'consumption',
      usageDate: '2025-01-15',
      revisedAt: null,
      startReading: null,
      endReading: null,
      kwh: '24',
    });
    const monthly = (endDate: string) =>
      monthlyRead({
        esiid: esiidA,
        channel: 'consumption',
        startDate: '2025-01-01',
        endDate,
        revisedAt: null,
        kwh: '700',
        meteredKw: null,
        meteredKva: null,
        billedKw: null,
        billedKva: null,
      });
    const bad = await loadFile(database, [], {
      reads: [daily, monthly('2025-02-01'), monthly('2025-02-02')],
    });
    const good = await loadFile(database, [], { reads: [daily, monthly('2025-02-02')] });

    await withdrawRawFile(database, bad.id, request);

    const reads = await sql`
      select raw_file_id, start_date::text as first from monthly_reads union all select raw_file_id, usage_date::text from daily_reads
      order by 2`.execute(database.kysely);
    expect(reads.rows).toEqual([
      { raw_file_id: good.id, first: '2025-01-01' },
      { raw_file_id: good.id, first: '2025-01-15' },
    ]);
    await eraseEsiid(database, esiidA, request);
    expect(
      (await sql`select from monthly_reads union all select from daily_reads`.execute(database.kysely)).rows,
    ).toEqual([]);
  });

  test('waits for a load that has found one of its rows in place', async () => {
    const database = await freshDatabase();
    const bad = await loadFile(database, [day]);
    const { id: other } = await loadFile(database, []);
    const { id: late } = await registerRawFile(database, newRawFile());
    const claimed = await claim(database, late);
    const client = await database.connect();
    try {
      // Another transaction has inserted the second of the late file's two rows and not committed yet.
      await client.query('begin');
      await client.query(
        `insert into interval_blocks (esiid, channel, usage_date, revised_at, content, raw_file_id, kwh)
         values ($1, $2, $3, $4, $5, $6, $7)`,
        [next.esiid, next.channel, next.usageDate, next.revisedAt, next.content, other, next.kwh],
      );
      const loaded = load(database, claimed, [day, next]);
      await untilWaiting(database);
      const withdrawn = withdrawRawFile(database, bad.id, request);
      await untilWaiting(database, 2);
      await client.query('rollback');
      await Promise.all([loaded, withdrawn]);
    } finally {
      client.release();
    }

    expect(await blocks(database)).toMatchObject([{ raw_file_id: late }, { raw_file_id: late }]);
  });
});

describe('Erasing an ESIID', () => {
  const mine = newBlock({ esiid: esiidA });
  const others = newBlock({ esiid: esiidB });
  const only = { members: [newMember()] };

  test('deletes its data and traces, lists the objects that hold nothing else, and names the others', async () => {
    const database = await freshDatabase();
    const sole = await loadFile(database, [mine], {
      file: { objectKey: `drop/esiid=${esiidA}/day.csv`, filename: `${esiidA}.csv`, esiid: esiidA },
      result: { ...only, rejectedRows: [{ member: null, lineNumber: 7, reason: 'invalid-kwh', text: 'x' }] },
    });
    const shared = await loadFile(database, [mine, others], {
      result: {
        ...only,
        rejectedRows: [{ member: null, lineNumber: 7, reason: 'invalid-kwh', text: `${esiidA},x` }],
      },
    });

    const erasure = await eraseEsiid(database, esiidA, request);

    expect(erasure).toMatchObject({ rowsRemoved: 1, sharedFiles: [{ id: shared.id, why: 'other-esiids' }] });
    expect(await blocks(database)).toMatchObject([{ esiid: esiidB }]);
    expect(await database.kysely.selectFrom('rejected_rows').selectAll().execute()).toEqual([]);
    const search = { esiid: esiidA, bucket: 'raw', limit: 10 };
    expect(await listErasedObjects(database, search)).toMatchObject([
      { rawFileId: sole.id, objectKey: `drop/esiid=${esiidA}/day.csv` },
    ]);

    await markObjectsDeleted(database, esiidA, [sole.id]);

    expect(await listErasedObjects(database, search)).toEqual([]);
    const row = await getRawFile(database, sole.id);
    expect(row).toMatchObject({ status: 'withdrawn', error_code: 'esiid-erased', esiid: null });
    expect(JSON.stringify(row)).not.toContain(esiidA);
  });

  test('blocks every later load of it, until it is lifted', async () => {
    const database = await freshDatabase();
    const shared = await loadFile(database, [mine, others], { result: only });
    await eraseEsiid(database, esiidA, request);

    await replayAndLoad(database, shared.id, [mine, others]);
    const { id } = await loadFile(database, [mine, others], {
      result: { rejectedRows: [{ member: null, lineNumber: 7, reason: 'invalid-kwh', text: `${esiidA},x` }] },
    });

    expect(await blocks(database)).toMatchObject([{ esiid: esiidB }]);
    expect(await getRawFile(database, id)).toMatchObject({
      blocks_inserted: 0,
      blocks_unchanged: 1,
      blocks_suppressed: 1,
    });
    expect(await database.kysely.selectFrom('rejected_rows').selectAll().execute()).toEqual([]);
    expect(await liftErasure(database, esiidA, request)).toBe(true);
    await replayAndLoad(database, id, [mine, others]);
    expect(await blocks(database)).toMatchObject([{ esiid: esiidA }, { esiid: esiidB }]);
  });

  test('does not delete an object of which a part was not read', async () => {
    const database = await freshDatabase();
    const { id } = await loadFile(database, [mine], {
      result: { members: [newMember(), newMember({ name: 'reads.csv', kind: 'other' })] },
    });

    const { sharedFiles } = await eraseEsiid(database, esiidA, request);

    expect(sharedFiles).toMatchObject([{ id, why: 'unread' }]);
    expect(await listErasedObjects(database, { esiid: esiidA, bucket: 'raw', limit: 10 })).toEqual([]);
  });

  test('reaches a load that waits for it', async () => {
    const database = await freshDatabase();
    const { id } = await registerRawFile(database, newRawFile());
    const claimed = await claim(database, id);
    const client = await database.connect();
    try {
      await client.query('begin');
      await client.query('select pg_advisory_xact_lock($1)', [removalLock]);
      await client.query('insert into erased_esiids (esiid) values ($1)', [esiidA]);
      const loaded = load(database, claimed, [mine]);
      await untilWaiting(database);
      await client.query('commit');
      await loaded;
    } finally {
      client.release();
    }

    expect(await blocks(database)).toEqual([]);
  });
});

/** A file of the model: which of the run's days it holds, by ESIID, and whether it has the bytes of the file before it. */
const modelFile = fc.record({
  days: fc.uniqueArray(fc.tuple(fc.nat(2), fc.nat(3), fc.nat(1)), {
    minLength: 1,
    maxLength: 6,
    selector: String,
  }),
  isCopy: fc.boolean(),
});
type Operation = { readonly kind: 'load' | 'withdraw' | 'replay' | 'erase'; readonly target: number };
const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.constantFrom('load', 'load', 'load', 'withdraw', 'withdraw', 'replay', 'erase'),
  target: fc.nat(5),
});

describe('After any sequence of loads, withdrawals, replays and erasures', () => {
  test('the data is that of a database that never saw what was withdrawn or erased', async () => {
    const exercised = await freshDatabase();
    const untouched = await freshDatabase();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(modelFile, { minLength: 6, maxLength: 6 }),
        fc.array(
          fc.uniqueArray(operation, { minLength: 1, maxLength: 4, selector: ({ target }) => target }),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        async (files, batches) => {
          const world = new World(exercised, run++, files);
          for (const batch of batches) await Promise.all(batch.map((each) => world.run(each)));
          const reference = await world.loadedInto(untouched);
          expect(await world.data(exercised)).toEqual(reference);
          expect(await world.owners(exercised)).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });
});

interface WorldFile {
  readonly content: readonly IntervalBlock[];
  readonly sha256: string;
  readonly objectKey: string;
  id: string | null;
  isLive: boolean;
}

/** Files of one run, with ESIIDs of its own, so that runs share a database. */
class World {
  private readonly database: Database;
  private readonly esiids: readonly string[];
  private readonly files: WorldFile[];
  private readonly erased = new Set<string>();

  constructor(
    database: Database,
    run: number,
    files: readonly { days: [number, number, number][]; isCopy: boolean }[],
  ) {
    this.database = database;
    this.esiids = [0, 1, 2].map((meter) => String(10_443_720_000_100_000n + BigInt(run * 3 + meter)));
    this.files = [];
    for (const [index, { days, isCopy }] of files.entries()) {
      const original = isCopy ? this.files.at(-1) : undefined;
      const content = days.map(([meter, date, value]) =>
        newBlock({
          esiid: this.esiids[meter] ?? '',
          usageDate: `2025-01-1${date}`,
          kwh: newBlock().kwh.map(() => `${value}.5`),
        }),
      );
      this.files.push({
        content: original?.content ?? content,
        sha256: original?.sha256 ?? newRawFile().sha256 ?? '',
        objectKey: `run-${run}/${index}.csv`,
        id: null,
        isLive: false,
      });
    }
  }

  async run({ kind, target }: Operation): Promise<void> {
    const file = this.files[target];
    if (!file) return;
    if (kind === 'erase') {
      const esiid = this.esiids[target % 3] ?? '';
      this.erased.add(esiid);
      await eraseEsiid(this.database, esiid, request);
    } else if (kind === 'load') {
      await this.load(file);
    } else if (file.id !== null) {
      file.isLive = kind === 'replay';
      if (kind === 'withdraw') await withdrawRawFile(this.database, file.id, request);
      else await this.replay(file.id, file);
    }
  }

  private async load(file: WorldFile): Promise<void> {
    if (file.id !== null) return;
    const { id, status } = await registerRawFile(this.database, newRawFile(file));
    file.id = id;
    file.isLive = true;
    if (status === 'registered')
      await load(this.database, await claim(this.database, id), file.content, { members: [newMember()] });
  }

  private async replay(id: string, file: WorldFile): Promise<void> {
    const [replayed] = await replayRawFiles(this.database, {
      bucket: 'raw',
      ids: [id],
      limit: 1,
      dryRun: false,
    });
    if (replayed)
      await load(this.database, await claim(this.database, id), file.content, { members: [newMember()] });
  }

  /** Loads what was not withdrawn or erased into an empty database, in another order. */
  async loadedInto(database: Database) {
    for (const file of this.files.toReversed()) {
      const content = file.content.filter(({ esiid }) => !this.erased.has(esiid));
      if (file.isLive) await loadFile(database, content);
    }
    return this.data(database);
  }

  async data({ kysely }: Database) {
    const rows = await kysely
      .selectFrom('interval_blocks')
      .select(['esiid', 'channel', 'usage_date', 'revised_at', 'content', 'kwh'])
      .where('esiid', 'in', this.esiids)
      .execute();
    return rows.map((row) => JSON.stringify(row)).sort();
  }

  /** Rows that belong to a withdrawn or erased file, or to one that does not hold them. */
  async owners({ kysely }: Database): Promise<readonly string[]> {
    const rows = await kysely
      .selectFrom('interval_blocks')
      .select(['raw_file_id', 'content', 'esiid', 'usage_date'])
      .where('esiid', 'in', this.esiids)
      .execute();
    const keyOf = (id: string | null, esiid: string, date: string, content: string) =>
      [id, esiid, date, content.replaceAll('-', '')].join(' ');
    const held = new Set(
      this.files
        .filter(({ isLive }) => isLive)
        .flatMap(({ id, content }) => content.map((b) => keyOf(id, b.esiid, b.usageDate, b.content))),
    );
    return rows
      .map((row) => keyOf(row.raw_file_id, row.esiid, row.usage_date, row.content))
      .filter((key) => !held.has(key));
  }
}
