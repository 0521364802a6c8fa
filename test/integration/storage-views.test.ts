import fc from 'fast-check';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Channel, IntervalBlock } from '../../shared/intervals/block.ts';
import type { Database } from '../../shared/storage/database.ts';
import { freshDatabase } from '../support/database.ts';
import { esiidA, esiidB, loadFile, newBlock, slots } from '../support/rows.ts';

test('The two statements of old work as typed', async () => {
  const database = await freshDatabase();
  const esiid = '10443720004895510';
  await loadFile(database, [
    newBlock({ esiid }),
    newBlock({ esiid, channel: 'generation' }),
    newBlock({ esiid: esiidA }),
  ]);

  const intervals = await database.pool.query(
    `SELECT COUNT(*) FROM "SmtInterval" WHERE esiid='10443720004895510';`,
  );
  const files = await database.pool.query(
    `SELECT COUNT(*) FROM raw_smt_files WHERE source='droplet-upload';`,
  );

  expect(intervals.rows).toEqual([{ count: '96' }]);
  expect(files.rows).toEqual([{ count: '1' }]);
});

test('"SmtInterval" names an interval always the same, and takes source and times from its file', async () => {
  const database = await freshDatabase();
  const read = async () => (await database.pool.query('select * from "SmtInterval"')).rows;
  await loadFile(database, [
    newBlock({ kwh: slots({ 4: '1.5' }), estimated: `${'0'.repeat(4)}1${'0'.repeat(91)}` }),
  ]);

  const before = await read();
  await loadFile(database, [newBlock({ kwh: slots({ 4: '1.75' }), revisedAt: '2025-02-01T00:00:00Z' })], {
    file: { source: 'admin-ui' },
  });
  const after = await read();

  const id = `${esiidA}:${Date.parse('2025-01-15T07:00:00Z') / 1000}`;
  expect(before).toMatchObject([{ id, kwh: '1.50000', filled: true, source: 'droplet-upload', meter: '' }]);
  expect(after).toMatchObject([{ id, kwh: '1.75000', filled: false, source: 'admin-ui' }]);
  expect(after[0]?.createdAt).toBeInstanceOf(Date);
  expect(after[0]?.updatedAt).toBeInstanceOf(Date);
});

/** A current value as design.md's tuple chooses it, written without SQL. */
function currentValues(blocks: readonly IntervalBlock[]) {
  const best = new Map<string, { rank: (string | number)[]; kwh: number; estimated: boolean }>();
  for (const block of blocks) {
    block.kwh.forEach((kwh, slot) => {
      if (kwh === null) return;
      const key = [block.esiid, block.channel, block.usageDate, slot].join();
      const estimated = block.estimated?.[slot] === '1';
      const rank = [Date.parse(block.revisedAt ?? ''), estimated ? 0 : 1, Number(kwh), block.content];
      const held = best.get(key);
      if (held === undefined || isGreater(rank, held.rank))
        best.set(key, { rank, kwh: Number(kwh), estimated });
    });
  }
  return [...best].map(([key, { kwh, estimated }]) => `${key}=${kwh}${estimated ? 'E' : 'A'}`).sort();
}

function isGreater(left: (string | number)[], right: (string | number)[]): boolean {
  for (const [index, value] of left.entries()) {
    const other = right[index] ?? '';
    if (value !== other) return value > other;
  }
  return false;
}

const anyBlock = fc
  .record({
    esiid: fc.constantFrom(esiidA, esiidB),
    channel: fc.constantFrom<Channel>('consumption', 'generation'),
    usageDate: fc.constantFrom('2025-01-15', '2025-01-16'),
    revisedAt: fc.constantFrom('2025-01-17T00:00:00Z', '2025-01-18T00:00:00Z'),
    readings: fc.uniqueArray(
      fc.tuple(fc.constantFrom(0, 1, 95), fc.constantFrom('0', '0.5', '10', '9'), fc.boolean()),
      { selector: ([slot]) => slot, minLength: 1 },
    ),
  })
  .map(({ readings, ...key }) => {
    const flags = Array.from({ length: 96 }, (_, slot) =>
      readings.some(([at, , flag]) => at === slot && flag),
    );
    return newBlock({
      ...key,
      kwh: slots(Object.fromEntries(readings.map(([slot, kwh]) => [slot, kwh]))),
      estimated: flags.includes(true) ? flags.map(Number).join('') : null,
    });
  });

test('Whatever blocks are loaded, in whatever files, each slot shows the greatest of revision, actual, kWh and content', async () => {
  const database = await freshDatabase();

  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyBlock, { maxLength: 8 }), { minLength: 1, maxLength: 3 }),
      async (files) => {
        await sql`truncate interval_blocks`.execute(database.kysely);
        for (const blocks of files) await loadFile(database, blocks);

        const rows = await database.kysely.selectFrom('smt_intervals').selectAll().execute();

        const shown = rows.map((row) => {
          const midnight = Date.parse(`${row.usage_date}T06:00:00Z`);
          const slot = (row.ts.getTime() - midnight) / 900_000;
          const key = [row.esiid, row.channel, row.usage_date, slot].join();
          return `${key}=${Number(row.kwh)}${row.estimated ? 'E' : 'A'}`;
        });
        expect(shown.sort()).toEqual(currentValues(files.flat()));
      },
    ),
    { numRuns: 60 },
  );
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** How a query reads the table of blocks: each scan's kind, condition, and the blocks it took up. */
async function blockScans(database: Database, query: string) {
  const { rows } = await database.pool.query(`explain (analyze, format json) ${query}`);
  const scans: { type: string; condition: string; blocksRead: number }[] = [];
  const visit = (node: PlanNode) => {
    if (node['Relation Name'] === 'interval_blocks') {
      const blocks = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0);
      const condition = node['Index Cond'] ?? '';
      scans.push({
        type: node['Node Type'],
        condition,
        blocksRead: Math.round(blocks * node['Actual Loops']),
      });
    }
    for (const child of node.Plans ?? []) visit(child);
  };
  visit(rows[0]['QUERY PLAN'][0].Plan);
  return scans;
}

test('One ESIID, a list of them, a join, and a day each read the blocks of those ESIIDs only', async () => {
  const database = await freshDatabase();
  const days = Array.from({ length: 60 }, (_, day) =>
    new Date(Date.UTC(2025, 3, 1 + day)).toISOString().slice(0, 10),
  );
  const esiids = Array.from({ length: 100 }, (_, meter) => String(10443720000000000n + BigInt(meter)));
  await loadFile(
    database,
    esiids.flatMap((esiid) => days.map((usageDate) => newBlock({ esiid, usageDate }))),
  );
  await sql`create table sites (name text, esiid text)`.execute(database.kysely);
  await sql`
    insert into sites select 'site ' || number, 10443720000000000 + number from generate_series(0, 99) number`.execute(
    database.kysely,
  );
  await sql`analyze interval_blocks, sites`.execute(database.kysely);
  const [first, second] = esiids;
  const queries: [string, number][] = [
    [`select * from smt_intervals where esiid = '${first}'`, 60],
    [`select count(*) from "SmtInterval" where esiid = '${first}'`, 60],
    [`select * from smt_intervals where esiid in ('${first}', '${second}')`, 120],
    [`select * from smt_intervals join sites using (esiid) where name in ('site 3', 'site 4')`, 120],
    [`select * from "SmtInterval" join sites using (esiid) where name = 'site 3' order by ts`, 60],
    [`select * from smt_intervals where esiid = '${first}' and usage_date = '2025-04-05'`, 1],
  ];

  for (const [query, blocks] of queries) {
    const scans = await blockScans(database, query);
    expect(scans, query).toHaveLength(2); // the blocks, and beside each those that could beat it
    for (const scan of scans) {
      expect(scan.type, query).toMatch(/Index|Bitmap Heap/);
      expect(scan.condition, query).toContain('esiid');
      expect(scan.blocksRead, query).toBe(blocks);
    }
  }
});
