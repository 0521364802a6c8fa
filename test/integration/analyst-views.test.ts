import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { freshDatabase } from '../support/database.ts';
import { esiidA, esiidB, loadFile, newBlock, slots } from '../support/rows.ts';

test('smt_days has a row for each ESIID, channel and day, with what is expected of a day of a clock change', async () => {
  const database = await freshDatabase();
  await loadFile(database, [
    newBlock({
      usageDate: '2025-03-09',
      kwh: slots({ 0: '0.5', 91: '1.25' }, 92),
      estimated: `1${'0'.repeat(91)}`,
    }),
    newBlock({ usageDate: '2025-03-10', channel: 'generation', kwh: slots({ 5: '2' }) }),
  ]);

  const { rows } = await database.pool.query(`
    select channel, usage_date, kwh::text, intervals, expected, estimated, peak_kwh::text
    from smt_days where esiid = '${esiidA}' order by usage_date`);

  expect(rows).toEqual([
    {
      ...{ channel: 'consumption', usage_date: '2025-03-09', kwh: '1.75000', intervals: 2, expected: 92 },
      ...{ estimated: 1, peak_kwh: '1.25000' },
    },
    {
      ...{ channel: 'generation', usage_date: '2025-03-10', kwh: '2.00000', intervals: 1, expected: 96 },
      ...{ estimated: 0, peak_kwh: '2.00000' },
    },
  ]);
});

test('smt_latest has the newest interval of each ESIID and channel, in its current revision', async () => {
  const database = await freshDatabase();
  await loadFile(database, [
    newBlock({ usageDate: '2025-01-15' }),
    newBlock({ usageDate: '2025-01-20', kwh: slots({ 3: '1', 7: '2' }) }),
    newBlock({ usageDate: '2025-01-20', kwh: slots({ 7: '2.5' }), revisedAt: '2025-02-01T00:00:00Z' }),
    newBlock({ usageDate: '2025-01-10', channel: 'generation', kwh: slots({ 50: '4' }) }),
    newBlock({ esiid: esiidB, usageDate: '2025-01-11', kwh: slots({ 0: '9' }) }),
  ]);

  const { rows } = await database.pool.query(
    'select esiid, channel, ts, kwh::text from smt_latest order by esiid, channel',
  );

  expect(rows).toEqual([
    { esiid: esiidA, channel: 'consumption', ts: new Date('2025-01-20T07:45:00Z'), kwh: '2.50000' },
    { esiid: esiidA, channel: 'generation', ts: new Date('2025-01-10T18:30:00Z'), kwh: '4.00000' },
    { esiid: esiidB, channel: 'consumption', ts: new Date('2025-01-11T06:00:00Z'), kwh: '9.00000' },
  ]);
});

test('The conditions that the comments call fast use the primary key', async () => {
  const database = await freshDatabase();
  await loadFile(database, [newBlock(), newBlock({ esiid: esiidB })]);
  await sql`analyze interval_blocks, raw_file_meters`.execute(database.kysely);
  const client = await database.connect();
  await client.query('set enable_seqscan = off'); // the tables are too small for an index to pay

  for (const view of ['smt_days', 'smt_latest']) {
    const { rows } = await client.query(`explain select * from ${view} where esiid = '${esiidA}'`);
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toMatch(/Index Cond: .*esiid = ('10443720000000001'|raw_file_meters\.esiid)/);
    expect(plan).not.toMatch(/Seq Scan on (interval_blocks|raw_file_meters)/);
  }
  client.release();
});

test('Every table and view of the schema has a comment', async () => {
  const database = await freshDatabase();

  const { rows } = await database.pool.query(`
    select relname from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') and obj_description(oid, 'pg_class') is null
      and relname not like 'smt_ingest_migrations%'`);

  expect(rows).toEqual([]);
});
