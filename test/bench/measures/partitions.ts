import { sql } from 'kysely';
import { addDays } from '../../../shared/intervals/clock.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { figure, type Measure, verdict } from '../findings.ts';
import { type BenchSetup, openBenchDatabase } from '../setup.ts';
import { esiidOf } from '../smt-file.ts';
import { ratiosOf, takeTurns, timeOf } from '../spread.ts';
import { storeDay } from '../store-day.ts';

/** Stored before the first measured day: two months. */
const firstDay = '2025-04-01';
const storedDays = 61;
const measuredDays = 4;
/** Of six years, as a meter of the main app may have. */
const partitions = 72;
const firstMonth = '2019-07-01';
const metersPerStatement = 10_000;
const queriesEach = 61;

const tables = { plain: 'interval_blocks', byMonth: 'blocks_by_month' } as const;
type Name = keyof typeof tables;

/** The day after two months of days, into interval_blocks and into a copy of it that is partitioned by month of usage_date. */
export const partitionsByMonth: Measure = {
  title: 'a day onto two months, interval_blocks as it is against partitions by month of usage_date',
  async run(setup) {
    const { meters } = setup.texas;
    const database = openBenchDatabase(await setup.startStack({ maxConcurrency: 1 }), 1);
    try {
      await createPartitions(database);
      await storeDays(setup, database, meters);
      const loads = await loadDays(database, meters);
      const queries = await askBoth(database, meters);
      return {
        figures: [
          ...(['plain', 'byMonth'] as const).flatMap((name) => [
            figure(`${name}: a day`, 'ms', loads.ms[name]),
            figure(`${name}: WAL of a meter-day`, 'bytes', loads.wal[name]),
            figure(`${name}: pages of keys read for a meter-day`, '×', loads.reads[name]),
          ]),
          ...Object.entries(queries).flatMap(([what, times]) => [
            figure(`${what}, plain`, 'ms', times.plain),
            figure(`${what}, by month`, 'ms', times.byMonth),
          ]),
        ],
        verdicts: [
          verdict('a day, by month to plain', '×', ratiosOf(loads.ms.byMonth, loads.ms.plain), { atMost: 1 }),
          ...Object.entries(queries).map(([what, { plain, byMonth }]) =>
            verdict(`${what}, by month to plain`, '×', ratiosOf(byMonth, plain), { atMost: 1.2 }),
          ),
        ],
        notes: [
          `${meters} meters, ${storedDays} days before; ${partitions} partitions; rows made in Postgres, and inserted as a load does`,
        ],
      };
    } finally {
      await database.close();
    }
  },
};

async function createPartitions({ kysely }: Database): Promise<void> {
  const run = (statement: string) => sql.raw(statement).execute(kysely);
  await run(
    `create table ${tables.byMonth} (like interval_blocks including defaults including constraints) partition by range (usage_date)`,
  );
  await run(
    `alter table ${tables.byMonth} add primary key (esiid, channel, usage_date, revised_at, content)`,
  );
  for (let month = 0; month < partitions; month += 1) {
    const bound = (months: number) => `(date '${firstMonth}' + interval '${months} months')`;
    await run(
      `create table ${tables.byMonth}_${month} partition of ${tables.byMonth} for values from ${bound(month)} to ${bound(month + 1)}`,
    );
  }
}

async function storeDays(setup: BenchSetup, database: Database, meters: number): Promise<void> {
  for (let day = 0; day < storedDays; day += 1) {
    for (const name of ['plain', 'byMonth'] as const)
      await storeDay(database, tables[name], addDays(firstDay, day), { first: 1, last: meters });
    setup.log(`  day ${day + 1} of ${storedDays} stored`);
  }
  for (const table of Object.values(tables))
    await sql`vacuum analyze ${sql.table(table)}`.execute(database.kysely);
}

type BothTables = Record<Name, number[]>;

/** Each day into both tables, from a checkpoint on, the one and the other first. */
async function loadDays(
  database: Database,
  meters: number,
): Promise<{ readonly ms: BothTables; readonly wal: BothTables; readonly reads: BothTables }> {
  const none = (): BothTables => ({ plain: [], byMonth: [] });
  const loads = { ms: none(), wal: none(), reads: none() };
  for (let day = storedDays; day < storedDays + measuredDays; day += 1) {
    for (const name of day % 2 === 0 ? (['plain', 'byMonth'] as const) : (['byMonth', 'plain'] as const)) {
      await sql`checkpoint`.execute(database.kysely);
      const before = await countersOf(database);
      const ms = await timeOf(async () => {
        for (let first = 1; first <= meters; first += metersPerStatement) {
          const last = Math.min(meters, first + metersPerStatement - 1);
          await storeDay(database, tables[name], addDays(firstDay, day), { first, last });
        }
      });
      const after = await countersOf(database);
      loads.ms[name].push(ms);
      loads.wal[name].push((after.wal - before.wal) / meters);
      loads.reads[name].push((after.reads - before.reads) / meters);
    }
  }
  return loads;
}

async function countersOf({ kysely }: Database): Promise<{ readonly wal: number; readonly reads: number }> {
  await sql`select pg_stat_force_next_flush()`.execute(kysely);
  const { rows } = await sql<{ wal: string; reads: string }>`
    select pg_current_wal_lsn() - '0/0' as wal, (select sum(idx_blks_read) from pg_statio_user_tables) as reads`.execute(
    kysely,
  );
  return { wal: Number(rows[0]?.wal), reads: Number(rows[0]?.reads) };
}

const spans: Readonly<Record<string, string>> = {
  'a month of a meter': `usage_date between '2025-05-01' and '2025-05-31'`,
  'a year of a meter': `usage_date between '2024-06-01' and '2025-05-31'`,
  'a meter without dates': 'true',
};

async function askBoth({ kysely }: Database, meters: number): Promise<Readonly<Record<string, BothTables>>> {
  const asked: Record<string, BothTables> = {};
  for (const [what, span] of Object.entries(spans)) {
    let turn = 0;
    const ask = (name: Name) => () => {
      const esiid = esiidOf(1 + ((turn++ * 7_919) % meters));
      return timeOf(() =>
        sql`select usage_date, wh, kwh from ${sql.table(tables[name])}
          where esiid = ${esiid} and channel = 'consumption' and ${sql.raw(span)}`.execute(kysely),
      );
    };
    const contestants = { plain: ask('plain'), byMonth: ask('byMonth') };
    asked[what] = await takeTurns(contestants, { rounds: queriesEach, warmups: 5 });
  }
  return asked;
}
