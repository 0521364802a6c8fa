import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'kysely';
import type { Database } from '../../../shared/storage/database.ts';
import { readCoverage } from '../../../shared/storage/usage/read-coverage.ts';
import { readUsage } from '../../../shared/storage/usage/read-usage.ts';
import { writeZip } from '../../support/smt-zip.ts';
import { type Figure, figure, type Measure, verdict } from '../findings.ts';
import { NormalizeWorker } from '../normalize-worker.ts';
import type { BenchSetup } from '../setup.ts';
import { esiidOf, type SmtFile, writeSmtFile } from '../smt-file.ts';
import { timeOf } from '../spread.ts';

/** The day that is loaded; those stored before it end on the day before. */
const day = '2025-06-30';
const metersPerZip = 10_000;
const queriesEach = 41;

/**
 * A day of many meters, as zips of 10,000, through one normalize worker: into an empty table, and into one that holds the
 * days before of the same meters, whose key no longer fits into Postgres' memory if there are enough of them.
 */
export const texas: Measure = {
  title:
    'a day of many meters as zips of 10,000, into an empty table and onto earlier days of the same meters',
  async run(setup) {
    const { meters, days } = setup.texas;
    const empty = await loadDay(setup, 0);
    const filled = await loadDay(setup, days);
    const stored = `${days} days stored`;
    return {
      figures: [...figuresOf('empty', empty), ...figuresOf(stored, filled)],
      verdicts: [
        verdict(`a zip onto ${days} days`, '×', [ratio(filled.rates, empty.rates)], { atMost: 1.3 }),
      ],
      notes: [
        `${meters} meters of 8 million; rows/s are of intervals from message to commit, zip by zip; making the zips is not counted`,
        'shared_buffers as Postgres has it by default (128 MB); WAL with full page images; a meter-day is one row of the table',
      ],
    };
  },
};

interface LoadedDay {
  /** Intervals a second of each zip, in order. */
  readonly rates: readonly number[];
  readonly filledAt: readonly number[];
  readonly figures: readonly Figure[];
}

async function loadDay(setup: BenchSetup, days: number): Promise<LoadedDay> {
  const { meters } = setup.texas;
  const worker = await NormalizeWorker.start(setup);
  try {
    const { database } = worker;
    const filledAt = await fillDays(setup, database, days);
    const before = await countersOf(database);
    const rates: number[] = [];
    for (let first = 1; first <= meters; first += metersPerZip) {
      const file = await writeZipFile(setup.dir, first, Math.min(metersPerZip, meters - first + 1));
      const id = await worker.register(file);
      const tookMs = await worker.normalize(file, id);
      rates.push((1000 * file.intervals) / tookMs);
      setup.log(`  ${days} days stored, zip ${rates.length}: ${Math.round(rates.at(-1) ?? 0)} rows/s`);
      await rm(file.path);
    }
    const counted = await figuresOfCounters(database, before, {
      meterDays: meters,
      stored: meters * (days + 1),
    });
    return { rates, filledAt, figures: [...counted, ...(await ask(database, meters, days + 1))] };
  } finally {
    await worker.close();
  }
}

/** Stores the days before, day by day as they would come, in Postgres alone. @returns rows a second of each day */
async function fillDays(setup: BenchSetup, { kysely }: Database, days: number): Promise<readonly number[]> {
  const rates: number[] = [];
  for (let ago = days; ago >= 1; ago -= 1) {
    const tookMs = await timeOf(() =>
      sql`
        insert into interval_blocks (esiid, channel, usage_date, revised_at, content, raw_file_id, wh)
        select '10443720' || lpad(meter::text, 9, '0'), 'consumption', ${day}::date - ${ago}::integer,
          ${day}::date - ${ago}::integer + interval '30 hours', md5(meter || ' ' || ${ago}::integer)::uuid, 0,
          array_fill((meter % 900)::smallint, array[96])
        from generate_series(1, ${setup.texas.meters}::integer) meter`.execute(kysely),
    );
    rates.push((1000 * 96 * setup.texas.meters) / tookMs);
    setup.log(`  day ${days - ago + 1} of ${days} stored: ${Math.round(rates.at(-1) ?? 0)} rows/s`);
  }
  await sql`vacuum analyze interval_blocks`.execute(kysely);
  return rates;
}

async function writeZipFile(dir: string, firstEsiid: number, esiids: number): Promise<SmtFile> {
  const csv = path.join(dir, `texas-${firstEsiid}.csv`);
  const written = await writeSmtFile(csv, { esiids, firstEsiid, days: 1, firstDay: day });
  const { bytes } = writeZip([{ name: 'IntervalData.csv', bytes: await readFile(csv) }]);
  await rm(csv);
  const zipped = path.join(dir, `texas-${firstEsiid}.zip`);
  await writeFile(zipped, bytes);
  return { ...written, path: zipped, sizeBytes: bytes.length };
}

interface Counters {
  readonly wal: number;
  readonly indexReads: number;
  readonly heapReads: number;
  readonly checkpointMs: number;
  readonly heap: number;
  readonly index: number;
}

async function countersOf({ kysely }: Database): Promise<Counters> {
  const { rows } = await sql<Record<keyof Counters, string>>`
    select pg_current_wal_lsn() - '0/0' as wal, idx_blks_read as "indexReads", heap_blks_read as "heapReads",
      (select write_time + sync_time from pg_stat_checkpointer) as "checkpointMs",
      pg_relation_size(relid) as heap, pg_indexes_size(relid) as index
    from pg_statio_user_tables where relname = 'interval_blocks'`.execute(kysely);
  const [row] = rows;
  if (row === undefined) throw new Error('interval_blocks has no statistics');
  // Object.fromEntries types its result by any name; these are the columns of the query.
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, Number(value)]),
  ) as unknown as Counters;
}

async function figuresOfCounters(
  database: Database,
  before: Counters,
  { meterDays, stored }: { readonly meterDays: number; readonly stored: number },
): Promise<readonly Figure[]> {
  const after = await countersOf(database);
  const checkpointMs = await timeOf(() => sql`checkpoint`.execute(database.kysely));
  const vacuumMs = await timeOf(() => sql`vacuum interval_blocks`.execute(database.kysely));
  const each = (name: keyof Counters) => [(after[name] - before[name]) / meterDays];
  return [
    figure('WAL of a meter-day', 'bytes', each('wal')),
    figure('heap of a meter-day', 'bytes', [after.heap / stored]),
    figure('key of a meter-day', 'bytes', [after.index / stored]),
    figure('key, all of it', 'MB', [after.index / 1e6]),
    figure('pages of the key read for a meter-day', '×', each('indexReads')),
    figure('pages of the heap read for a meter-day', '×', each('heapReads')),
    figure('checkpoints while loading', 'ms', [after.checkpointMs - before.checkpointMs]),
    figure('a checkpoint afterwards', 'ms', [checkpointMs]),
    figure('a vacuum afterwards', 'ms', [vacuumMs]),
  ];
}

async function ask(database: Database, meters: number, days: number): Promise<readonly Figure[]> {
  const from = new Date(Date.parse(day) - (days - 1) * 86_400_000).toISOString().slice(0, 10);
  const times: { readonly all: number[]; readonly coverage: number[] } = { all: [], coverage: [] };
  for (let turn = 0; turn < queriesEach; turn += 1) {
    const esiid = esiidOf(1 + ((turn * 7_919) % meters));
    const query = { esiid, from, to: day, asOf: null };
    times.all.push(
      await timeOf(() =>
        readUsage(database, { ...query, channel: null, resolution: '15min', after: null, limit: 100_000 }),
      ),
    );
    times.coverage.push(await timeOf(() => readCoverage(database, query)));
  }
  return [
    figure(`a meter's ${days} days from the view`, 'ms', times.all),
    figure(`coverage of a meter's ${days} days`, 'ms', times.coverage),
  ];
}

function figuresOf(table: string, { rates, filledAt, figures }: LoadedDay): readonly Figure[] {
  const quarter = Math.max(1, Math.floor(rates.length / 4));
  const named = [
    ...(filledAt.length > 0 ? [figure('a day before, stored by SQL alone', 'rows/s', filledAt)] : []),
    figure('a zip', 'rows/s', rates),
    figure('the first quarter of zips', 'rows/s', rates.slice(0, quarter)),
    figure('the last quarter of zips', 'rows/s', rates.slice(-quarter)),
    ...figures,
  ];
  return named.map((entry) => ({ ...entry, what: `${table}: ${entry.what}` }));
}

/** How many times longer a zip takes, by the medians. */
function ratio(slow: readonly number[], fast: readonly number[]): number {
  const median = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return median(fast) / median(slow);
}
