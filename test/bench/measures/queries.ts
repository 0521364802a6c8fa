import path from 'node:path';
import { sql } from 'kysely';
import type { Database } from '../../../shared/storage/database.ts';
import { readCoverage } from '../../../shared/storage/usage/read-coverage.ts';
import { type Findings, figure, type Measure, verdict } from '../findings.ts';
import { NormalizeWorker } from '../normalize-worker.ts';
import { RowTable } from '../row-table.ts';
import type { BenchSetup } from '../setup.ts';
import { esiidOf, writeSmtFile } from '../smt-file.ts';
import { ratiosOf, takeTurns, timeOf } from '../spread.ts';

const firstDay = '2024-02-01';
const lastDay = '2025-01-30';
const shape = { days: 365, firstDay };

/** Typical queries, on the view over blocks and on a row per interval. */
export const queries: Measure = {
  title: 'a year of one ESIID, a day, and the coverage of a year, view against rows',
  async run(setup) {
    const esiids = setup.isQuick ? 4 : 34;
    const worker = await NormalizeWorker.start(setup);
    try {
      for (const revised of [0, 0.05]) {
        const file = path.join(setup.dir, `queries-${revised}.csv`);
        const written = await writeSmtFile(file, { ...shape, esiids, revised });
        await worker.normalize(written, await worker.register(written));
      }
      const rows = await RowTable.of(worker.database.pool, path.join(setup.dir, 'queries.copy'));
      await rows.copy();
      await sql`vacuum analyze interval_rows`.execute(worker.database.kysely);
      await sql`vacuum analyze interval_blocks`.execute(worker.database.kysely);
      return await ask(setup, worker.database, esiids);
    } finally {
      await worker.close();
    }
  },
};

interface Question {
  readonly esiid: string;
  readonly from: string;
  readonly to: string;
}

async function ask(setup: BenchSetup, database: Database, esiids: number): Promise<Findings> {
  let turn = 0;
  const next = (from: string, to: string): Question => {
    turn += 1;
    return { esiid: esiidOf(1 + (turn % esiids)), from, to };
  };
  const year = () => next(firstDay, lastDay);
  const day = () => next('2024-07-04', '2024-07-04');
  const contestants = {
    viewYear: () => timeOf(() => intervalsByView(database, year())),
    rowsYear: () => timeOf(() => intervalsByRows(database, year())),
    viewDay: () => timeOf(() => intervalsByView(database, day())),
    rowsDay: () => timeOf(() => intervalsByRows(database, day())),
    viewCoverage: () => timeOf(() => readCoverage(database, { ...year(), asOf: null })),
    rowsCoverage: () => timeOf(() => coverageByRows(database, year())),
  };
  const rounds = setup.isQuick ? 10 : 41;
  const times = await takeTurns(contestants, { rounds, warmups: 5 });
  return {
    figures: [
      figure('a year from the view', 'ms', times.viewYear),
      figure('a year from rows', 'ms', times.rowsYear),
      figure('a day from the view', 'ms', times.viewDay),
      figure('a day from rows', 'ms', times.rowsDay),
      figure('coverage of a year from blocks', 'ms', times.viewCoverage),
      figure('coverage of a year from rows', 'ms', times.rowsCoverage),
    ],
    verdicts: [
      verdict('a year', '×', ratiosOf(times.viewYear, times.rowsYear), { atMost: 1.2 }),
      // Times lie on two levels, twice apart, and a median on either: only the best ones show a gross regression.
      verdict(
        'a year, best times',
        '×',
        [Math.min(...times.viewYear) / Math.min(...times.rowsYear)],
        { atMost: 1.2 },
        { atMost: 2 },
      ),
      verdict('a day', '×', ratiosOf(times.viewDay, times.rowsDay), { atMost: 1 }, { atMost: 5 }),
      verdict(
        'coverage',
        '×',
        ratiosOf(times.viewCoverage, times.rowsCoverage),
        { atMost: 0.2 },
        { atMost: 1 },
      ),
    ],
    notes: ['5 % of the days have a second revision; all in memory; through pg, values as text'],
  };
}

async function intervalsByView({ kysely }: Database, { esiid, from, to }: Question): Promise<void> {
  await sql`
    select ts, kwh, estimated from smt_intervals
    where esiid = ${esiid} and channel = 'consumption' and usage_date between ${from}::date and ${to}::date
    order by ts`.execute(kysely);
}

const day = (date: string) => sql`timezone('America/Chicago', ${date}::date::timestamp)`;
const dayAfter = (date: string) => sql`timezone('America/Chicago', (${date}::date + 1)::timestamp)`;

async function intervalsByRows({ kysely }: Database, { esiid, from, to }: Question): Promise<void> {
  await sql`
    select ts, kwh, estimated from interval_rows
    where esiid = ${esiid} and channel = 'consumption' and ts >= ${day(from)} and ts < ${dayAfter(to)}
    order by ts`.execute(kysely);
}

/** Less than {@link readCoverage} reports: rows hold no replaced revisions. */
async function coverageByRows({ kysely }: Database, { esiid, from, to }: Question): Promise<void> {
  await sql`
    select timezone('America/Chicago', ts)::date as usage_date, channel, count(*) as present,
      count(*) filter (where estimated) as estimated, sum(kwh) as kwh, max(revised_at) as latest_revised_at,
      max(raw_file_id) as latest_raw_file_id
    from interval_rows
    where esiid = ${esiid} and ts >= ${day(from)} and ts < ${dayAfter(to)}
    group by 1, 2
    order by 1, 2`.execute(kysely);
}
