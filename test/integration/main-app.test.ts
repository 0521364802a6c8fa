import { beforeAll, describe, expect, test } from 'vitest';
import { generatePrismaClient, type MainAppClient } from '../main-app/prisma-client.ts';
import { createFreshDatabase, type FreshDatabase } from '../support/database.ts';
import { esiidA, esiidB, loadFile, newBlock, slots } from '../support/rows.ts';

let fresh: FreshDatabase;
let prisma: MainAppClient;

/** 15.5 hours of a winter's and a summer's day, a day of fall back, and generation, which the app does not see. */
const winter = newBlock({
  usageDate: '2025-01-15',
  kwh: slots({ 0: '0.25', 92: '1.00001' }),
  meter: '167 4',
});
const summer = newBlock({
  usageDate: '2025-07-04',
  kwh: slots({ 0: '2', 95: '3' }),
  revisedAt: '2025-07-05T12:00:00Z',
});
const fallBack = newBlock({
  usageDate: '2025-11-02',
  kwh: slots({ 4: '1', 8: '2', 99: '4' }, 100),
  estimated: `${'0'.repeat(8)}1${'0'.repeat(91)}`,
  revisedAt: '2025-11-03T12:00:00Z',
});
const generation = newBlock({ usageDate: '2025-07-04', channel: 'generation', kwh: slots({ 50: '9' }) });

beforeAll(async () => {
  fresh = await createFreshDatabase();
  const database = fresh.open();
  await loadFile(database, [winter, summer, generation], {
    file: {
      filename: `usage-${esiidA}.csv`,
      sizeBytes: 3_000_000_000,
      receivedAt: new Date('2025-07-06T03:04:05.678Z'),
    },
  });
  await loadFile(database, [fallBack], {
    file: { source: 'admin-ui', objectKey: `uploads/esiid=${esiidA}/b.csv` },
  });
  await loadFile(database, [newBlock({ esiid: esiidB, usageDate: '2025-11-03', kwh: slots({ 0: '5' }) })]);
  const { open, remove } = await generatePrismaClient();
  prisma = open(fresh.connectionString);
  return async () => {
    await prisma.$disconnect();
    await remove();
    await fresh.drop();
  };
});

const localTime = `(("ts" AT TIME ZONE 'UTC') AT TIME ZONE 'America/Chicago')`;

describe('The model SmtInterval', () => {
  test('has every column, in its type and none of the required ones null', async () => {
    const rows = await prisma.smtInterval.findMany({ where: { esiid: esiidA }, orderBy: { ts: 'asc' } });

    expect(rows).toHaveLength(7);
    expect(rows[0]).toEqual({
      id: `${esiidA}:${Date.parse('2025-01-15T06:00:00Z') / 1000}`,
      esiid: esiidA,
      meter: '167 4',
      ts: new Date('2025-01-15T06:00:00Z'),
      kwh: expect.anything(),
      filled: false,
      source: 'droplet-upload',
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    });
    expect(rows.map(({ kwh }) => String(kwh))).toEqual(['0.25', '1.00001', '2', '3', '1', '2', '4']);
    expect(rows.map(({ meter }) => meter)).toEqual(['167 4', '167 4', '', '', '', '', '']);
    expect(rows.filter(({ filled }) => filled).map(({ ts }) => ts)).toEqual([
      new Date('2025-11-02T07:00:00Z'),
    ]);
  });

  test('has the columns of the contract in the database too: names, types, precision', async () => {
    const columns = await prisma.$queryRawUnsafe(`
      SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
      WHERE attrelid = '"SmtInterval"'::regclass AND attnum > 0 ORDER BY attnum`);

    expect(columns).toEqual([
      { name: 'id', type: 'text' },
      { name: 'esiid', type: 'text' },
      { name: 'meter', type: 'text' },
      { name: 'ts', type: 'timestamp(3) without time zone' },
      { name: 'kwh', type: 'numeric(10,5)' },
      { name: 'filled', type: 'boolean' },
      { name: 'source', type: 'text' },
      { name: 'createdAt', type: 'timestamp(3) without time zone' },
      { name: 'updatedAt', type: 'timestamp(3) without time zone' },
      { name: 'usage_date', type: 'date' }, // not in the model: for statements that name days,
    ]);
  });

  test('has one row per ESIID, meter and instant, also where an ESIID generates', async () => {
    const repeated = await prisma.smtInterval.groupBy({
      by: ['esiid', 'meter', 'ts'],
      _count: { _all: true },
      having: { ts: { _count: { gt: 1 } } },
    });

    expect(repeated).toEqual([]);
    expect(await prisma.smtInterval.count()).toBe(8);
  });

  test('is converted to local time as the app converts it: by day, by hour and by month', async () => {
    const grouped = (expression: string) =>
      prisma.$queryRawUnsafe(
        `SELECT ${expression} AS bucket, SUM("kwh")::text AS kwh FROM "SmtInterval" WHERE "esiid" = $1 GROUP BY 1 ORDER BY 1`,
        esiidA,
      );

    expect(await grouped(`${localTime}::date::text`)).toEqual([
      { bucket: '2025-01-15', kwh: '1.25001' },
      { bucket: '2025-07-04', kwh: '5.00000' },
      { bucket: '2025-11-02', kwh: '7.00000' },
    ]);
    expect(await grouped(`EXTRACT(HOUR FROM ${localTime})::int`)).toEqual([
      { bucket: 0, kwh: '2.25000' },
      { bucket: 1, kwh: '3.00000' }, // both passes of the hour that fall back repeats
      { bucket: 23, kwh: '8.00001' },
    ]);
    expect(await grouped(`to_char(date_trunc('month', ${localTime}), 'YYYY-MM')`)).toMatchObject([
      { bucket: '2025-01' },
      { bucket: '2025-07' },
      { bucket: '2025-11' },
    ]);
  });

  test('adds up as import and export per month; export is nothing, since the view is consumption only', async () => {
    const months = await prisma.$queryRawUnsafe(`
      SELECT to_char(date_trunc('month', ${localTime}), 'YYYY-MM') AS month,
        SUM(CASE WHEN "kwh" >= 0 THEN "kwh" ELSE 0 END)::text AS import,
        SUM(CASE WHEN "kwh" < 0 THEN -"kwh" ELSE 0 END)::text AS export
      FROM "SmtInterval" WHERE "esiid" = '${esiidA}' GROUP BY 1 ORDER BY 1`);

    expect(months).toEqual([
      { month: '2025-01', import: '1.25001', export: '0' },
      { month: '2025-07', import: '5.00000', export: '0' },
      { month: '2025-11', import: '7.00000', export: '0' },
    ]);
  });

  test('counts, and has a first and last instant, per ESIID', async () => {
    const rows = await prisma.$queryRawUnsafe(
      `SELECT "esiid", COUNT(*)::int AS n, MIN("ts") AS first, MAX("ts") AS last FROM "SmtInterval" GROUP BY 1 ORDER BY 1`,
    );
    const { _count, _min, _max, _sum } = await prisma.smtInterval.aggregate({
      where: { esiid: esiidA },
      _count: { _all: true },
      _min: { ts: true },
      _max: { ts: true },
      _sum: { kwh: true },
    });

    const first = new Date('2025-01-15T06:00:00Z');
    const last = new Date('2025-11-03T05:45:00Z');
    expect(rows[0]).toEqual({ esiid: esiidA, n: 7, first, last });
    expect({ _count, _min, _max }).toEqual({ _count: { _all: 7 }, _min: { ts: first }, _max: { ts: last } });
    expect(String(_sum?.kwh)).toBe('13.25001');
  });

  test('takes a window of instants, half open, as dates and as parameters of a statement', async () => {
    const from = new Date('2025-07-04T05:00:00Z');
    const to = new Date('2025-11-02T07:00:00Z');
    const found = await prisma.smtInterval.findMany({ where: { esiid: esiidA, ts: { gte: from, lt: to } } });
    const raw = await prisma.$queryRawUnsafe(
      `SELECT COUNT(*)::int AS n FROM "SmtInterval" WHERE "ts" >= $1::timestamp AND "ts" < $2::timestamp AND esiid = $3`,
      from,
      to,
      esiidA,
    );

    expect(found).toHaveLength(3);
    expect(raw).toEqual([{ n: 3 }]);
  });

  test('gives the newest row of an ESIID, its last 192, and the newest of all', async () => {
    const newest = await prisma.smtInterval.findFirst({ where: { esiid: esiidA }, orderBy: { ts: 'desc' } });
    const last = await prisma.smtInterval.findMany({
      where: { esiid: esiidA },
      orderBy: { ts: 'desc' },
      take: 192,
    });
    const ofAll = await prisma.smtInterval.findMany({ orderBy: { ts: 'desc' }, take: 2 });
    const distinct = await prisma.smtInterval.findMany({ distinct: ['esiid'], select: { esiid: true } });

    expect(newest?.ts).toEqual(new Date('2025-11-03T05:45:00Z'));
    expect(last).toHaveLength(7);
    expect(ofAll.map(({ esiid }) => esiid)).toEqual([esiidB, esiidA]);
    expect(distinct).toHaveLength(2);
  });

  test('counts by local day without an ESIID', async () => {
    const days = await prisma.$queryRawUnsafe(
      `SELECT ${localTime}::date::text AS day, COUNT(*)::int AS n FROM "SmtInterval" GROUP BY 1 ORDER BY 1 DESC LIMIT 2`,
    );

    expect(days).toEqual([
      { day: '2025-11-03', n: 1 },
      { day: '2025-11-02', n: 3 },
    ]);
  });

  test('rejects writes, naming the route; deleting nothing succeeds', async () => {
    const data = {
      id: 'x',
      esiid: esiidA,
      meter: '',
      ts: new Date(),
      kwh: 1,
      filled: false,
      createdAt: new Date(),
      updatedAt: new Date(),
    };

    await expect(prisma.smtInterval.deleteMany({ where: { esiid: esiidA } })).rejects.toThrow('read-only');
    await expect(prisma.smtInterval.create({ data })).rejects.toThrow('read-only');
    expect(await prisma.smtInterval.deleteMany({ where: { esiid: '10443720000000009' } })).toEqual({
      count: 0,
    });
    const { pool } = fresh.open({ maxConnections: 1 });
    const erased = pool.query(`DELETE FROM "SmtInterval" WHERE esiid = '${esiidA}'`);
    await expect(erased).rejects.toMatchObject({
      code: '0A000',
      hint: expect.stringContaining('/api/admin/smt/erasures'),
    });
  });
});

describe('The plans of the main app', () => {
  /** The plan of a statement over the two ESIIDs, as text, once the planner knows the tables. */
  async function planOf(statement: string): Promise<string> {
    const { pool } = fresh.open({ maxConnections: 1 });
    await pool.query('analyze interval_blocks, raw_files');
    await pool.query('set enable_seqscan = off'); // the tables are too small for an index to pay
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${statement}`);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  }
  const reads = (plan: string) => plan.match(/Scan.* on (interval_blocks|raw_files)\b.*/g) ?? [];

  test.each([
    `SELECT date_trunc('month', ${localTime}), COUNT(*), SUM(kwh) FROM "SmtInterval" GROUP BY 1`,
    `SELECT ${localTime}::date, COUNT(*) FROM "SmtInterval" GROUP BY 1`,
    `SELECT COUNT(*), MIN("ts"), MAX("ts") FROM "SmtInterval" WHERE "ts" >= '2025-11-01' AND "ts" < '2025-11-08'`,
  ])(
    'read each block once without an ESIID, the blocks beside it by key, and no file: %s',
    async (statement) => {
      const plan = await planOf(statement);

      expect(reads(plan)).toEqual([
        expect.stringMatching(/on interval_blocks block$/),
        expect.stringMatching(/on interval_blocks other$/),
      ]);
      expect(plan).toMatch(
        /Index Cond: .*esiid = block\.esiid.*usage_date = block\.usage_date.*revised_at >= block\.revised_at/,
      );
      expect(plan).not.toMatch(/Merge|Hash (Anti )?Join/);
    },
  );

  test('of the newest rows of all keep only these of a pass over all blocks, whose files are found before their intervals', async () => {
    const plan = await planOf('SELECT * FROM "SmtInterval" ORDER BY "ts" DESC LIMIT 20');

    expect(plan).toMatch(/^Limit\n\s+->\s+Sort\n\s+Sort Key: .* DESC\n/);
    expect(reads(plan)).toEqual([
      expect.stringMatching(/on interval_blocks block$/),
      expect.stringMatching(/Index Scan .* on raw_files file$|^Scan using .* on raw_files file$/),
      expect.stringMatching(/on interval_blocks other$/),
    ]);
    const line = (part: string) => plan.indexOf(part);
    expect(line('on raw_files file')).toBeLessThan(line('Function Scan on value'));
  });

  test('have a statement in their place that reads no interval: counts and sums by month without an ESIID', async () => {
    const byDays = `SELECT to_char(usage_date, 'YYYY-MM') AS month, SUM(intervals)::int AS n, SUM(kwh)::text AS kwh
      FROM smt_interval_days WHERE channel = 'consumption' GROUP BY 1 ORDER BY 1`;
    const byIntervals = `SELECT to_char(date_trunc('month', ${localTime}), 'YYYY-MM') AS month, COUNT(*)::int AS n, SUM(kwh)::text AS kwh
      FROM "SmtInterval" GROUP BY 1 ORDER BY 1`;

    const months = await prisma.$queryRawUnsafe(byDays);

    expect(months).toHaveLength(3);
    expect(months).toEqual(await prisma.$queryRawUnsafe(byIntervals));
  });

  test('test a condition on ts before the intervals are joined with anything', async () => {
    const plan = await planOf(
      `SELECT * FROM "SmtInterval" WHERE "ts" >= '2025-11-01' AND "ts" < '2025-11-08'`,
    );

    expect(plan).toMatch(/Subquery Scan on slot\n\s+Filter: .*slot\.ts/);
  });

  test('reach the primary key by ESIID, also with a window of instants, and by ESIID and usage_date', async () => {
    const window = `"ts" >= '2025-01-01' AND "ts" < '2026-01-01'`;
    const [byEsiid, byDay] = await Promise.all([
      planOf(
        `SELECT * FROM "SmtInterval" WHERE ${window} AND esiid = '${esiidA}' ORDER BY ts DESC LIMIT 192`,
      ),
      planOf(`SELECT * FROM "SmtInterval" WHERE esiid = '${esiidA}' AND usage_date = '2025-07-04'`),
    ]);

    expect(byEsiid).toMatch(/Index Cond: .*esiid = '10443720000000001'/);
    expect(byDay).toMatch(/Index Cond: .*esiid = '10443720000000001'.*usage_date = '2025-07-04'/);
  });

  test('expand only the blocks of the days that a statement names', async () => {
    const plan = await planOf(
      `SELECT COUNT(*) FROM "SmtInterval" WHERE "ts" >= '2025-11-02' AND usage_date >= '2025-11-01'`,
    );

    expect(plan).toMatch(/on interval_blocks block\n\s+(Index Cond|Filter): .*usage_date >= '2025-11-01'/);
  });
});

describe('The model RawSmtFile', () => {
  test('has every column, in its type and none of the required ones null', async () => {
    const [file] = await prisma.rawSmtFile.findMany({
      where: { source: 'droplet-upload' },
      orderBy: { id: 'asc' },
    });

    expect(file).toEqual({
      id: 1n,
      filename: `usage-${esiidA}.csv`,
      size_bytes: 2_147_483_647, // the model's integer holds no more
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      source: 'droplet-upload',
      content_type: 'text/csv',
      storage_path: expect.stringMatching(/^uploads\//),
      content: null,
      received_at: new Date('2025-07-06T03:04:05.678Z'),
      created_at: expect.any(Date),
      updated_at: expect.any(Date),
    });
  });

  test('is counted by the ESIID in its name or path, as the page that users see does', async () => {
    const containing = (esiid: string) =>
      prisma.rawSmtFile.count({
        where: { OR: [{ filename: { contains: esiid } }, { storage_path: { contains: esiid } }] },
      });

    expect(await containing(esiidA)).toBe(2);
    expect(await containing('10443720000000009')).toBe(0);
  });

  test('shows by its status whether files are pending, which replaces "none left"', async () => {
    const pending = `SELECT COUNT(*)::int AS n FROM raw_smt_files WHERE status IN ('registered', 'normalizing')`;

    expect(await prisma.$queryRawUnsafe(pending)).toEqual([{ n: 0 }]);
  });

  test('rejects writes, naming the route', async () => {
    await expect(prisma.rawSmtFile.deleteMany({ where: { id: 1n } })).rejects.toThrow('read-only');
    await expect(prisma.rawSmtFile.updateMany({ data: { source: 'x' } })).rejects.toThrow('read-only');
    expect(await prisma.rawSmtFile.deleteMany({ where: { source: 'nobody' } })).toEqual({ count: 0 });
  });
});

describe('Whether the tables exist', () => {
  test('can be queried through information_schema and to_regclass; pg_tables does not list views', async () => {
    const names = async (statement: string) =>
      (await prisma.$queryRawUnsafe(statement)).map(({ name }) => name);

    expect(
      await names(`SELECT tablename::text AS name FROM pg_tables WHERE tablename = 'SmtInterval'`),
    ).toEqual([]);
    expect(
      await names(
        `SELECT table_name::text AS name FROM information_schema.tables WHERE table_name = 'SmtInterval'`,
      ),
    ).toEqual(['SmtInterval']);
    expect(await names(`SELECT to_regclass('"SmtInterval"')::text AS name`)).toEqual(['"SmtInterval"']);
  });
});
