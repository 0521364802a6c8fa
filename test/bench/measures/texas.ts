import { sql } from 'kysely';
import { addDays } from '../../../shared/intervals/clock.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { readCoverage } from '../../../shared/storage/usage/read-coverage.ts';
import { readUsage } from '../../../shared/storage/usage/read-usage.ts';
import { type Figure, figure, type Measure, verdict } from '../findings.ts';
import { NormalizeWorker } from '../normalize-worker.ts';
import type { BenchSetup } from '../setup.ts';
import { esiidOf, type SmtFile } from '../smt-file.ts';
import { spreadOf, timeOf } from '../spread.ts';
import { storeDay } from '../store-day.ts';
import { TexasZips } from '../texas-zips.ts';

/** The day that is loaded; those stored before it end on the day before. */
const day = '2025-06-30';
const metersOfTexas = 8_000_000;
const intervalsPerMeterDay = 96;
/** Workers at once, as many as the machines that this was measured on have processors. */
const inFlight = 2;
/** Zips that are made, and then loaded: making them is not counted, and must not run beside a load. */
const zipsPerBatch = 8;
const queriesEach = 41;

/**
 * A day of many meters, as zips of 10,000, through two normalize workers: into an empty table, and into one that holds the
 * days before of the same meters, whose key no longer fits into Postgres' memory if there are enough of them.
 */
export const texas: Measure = {
  title:
    'a day of many meters as zips of 10,000, into an empty table and onto earlier days of the same meters',
  async run(setup) {
    const { meters, days } = setup.texas;
    const zips = new TexasZips(setup.dir, day, meters);
    const tables = [{ name: 'empty', loaded: await loadDay(setup, zips, 0) }];
    if (days > 0) tables.push({ name: `${days} days stored`, loaded: await loadDay(setup, zips, days) });
    const [empty, filled] = tables.map(({ loaded }) => loaded);
    const verdicts = tables.map((table) =>
      verdict(`${table.name}: 8 million meters at this rate`, 'min', [minutesOfTexas(table.loaded)], {
        atMost: 12,
      }),
    );
    if (empty && filled)
      verdicts.push(
        verdict(`a batch onto ${days} days`, '×', [ratio(filled.rates, empty.rates)], { atMost: 1.3 }),
      );
    return {
      figures: tables.flatMap((table) => figuresOf(table.name, table.loaded)),
      verdicts,
      notes: [
        `${meters} meters of 8 million; ${inFlight} workers; rows/s are of intervals from message to commit, in batches of ${zipsPerBatch} zips; making the zips is not counted`,
        'shared_buffers as Postgres has it by default (128 MB); WAL with full page images; a meter-day is one row of the table',
      ],
    };
  },
};

interface LoadedDay {
  /** Intervals a second of each batch, in order. */
  readonly rates: readonly number[];
  readonly intervals: number;
  readonly tookMs: number;
  readonly filledAt: readonly number[];
  readonly figures: readonly Figure[];
}

async function loadDay(setup: BenchSetup, zips: TexasZips, days: number): Promise<LoadedDay> {
  const { meters } = setup.texas;
  const worker = await NormalizeWorker.start(setup, { maxConcurrency: inFlight });
  try {
    const { database } = worker;
    const filledAt = await fillDays(setup, database, days);
    const before = await countersOf(database);
    const batches: LoadedBatch[] = [];
    for (let from = 0; from < zips.count; from += zipsPerBatch) {
      const batch = await loadBatch(worker, await zips.some(from, zipsPerBatch));
      batches.push(batch);
      setup.log(`  ${days} days stored, batch ${batches.length}: ${Math.round(rateOf(batch))} rows/s`);
    }
    const counted = await figuresOfCounters(database, before, {
      meterDays: meters,
      stored: meters * (days + 1),
    });
    const total = (part: keyof LoadedBatch) => batches.reduce((sum, batch) => sum + batch[part], 0);
    return {
      rates: batches.map(rateOf),
      intervals: total('intervals'),
      tookMs: total('tookMs'),
      filledAt,
      figures: [
        figure('CPU of a zip: normalize', 'ms', [total('normalizeCpuMs') / zips.count]),
        figure('CPU of a zip: Postgres', 'ms', [total('postgresCpuMs') / zips.count]),
        ...counted,
        ...(await ask(database, meters, days + 1)),
      ],
    };
  } finally {
    await worker.close();
  }
}

interface LoadedBatch {
  readonly intervals: number;
  readonly tookMs: number;
  readonly normalizeCpuMs: number;
  readonly postgresCpuMs: number;
}

/** Each worker takes the next file when it has finished one. */
async function loadBatch(worker: NormalizeWorker, files: readonly SmtFile[]): Promise<LoadedBatch> {
  const registered: { readonly file: SmtFile; readonly id: string }[] = [];
  for (const file of files) registered.push({ file, id: await worker.register(file) });
  const before = await worker.cpu.read();
  const waiting = registered.values();
  const tookMs = await timeOf(() =>
    Promise.all(
      Array.from({ length: inFlight }, async () => {
        for (const { file, id } of waiting) await worker.normalize(file, id);
      }),
    ),
  );
  const after = await worker.cpu.read();
  const spentMs = (part: string) => (after.get(part) ?? 0) - (before.get(part) ?? 0);
  return {
    intervals: files.reduce((sum, { intervals }) => sum + intervals, 0),
    tookMs,
    normalizeCpuMs: spentMs('Normalize'),
    postgresCpuMs: spentMs('Postgres'),
  };
}

/** Intervals a second. */
function rateOf({ intervals, tookMs }: Pick<LoadedBatch, 'intervals' | 'tookMs'>): number {
  return (1000 * intervals) / tookMs;
}

/** Stores the days before, day by day as they would come, in Postgres alone. @returns rows a second of each day */
async function fillDays(setup: BenchSetup, database: Database, days: number): Promise<readonly number[]> {
  const rates: number[] = [];
  for (let ago = days; ago >= 1; ago -= 1) {
    const meterRange = { first: 1, last: setup.texas.meters };
    const tookMs = await timeOf(() => storeDay(database, 'interval_blocks', addDays(day, -ago), meterRange));
    rates.push(rateOf({ intervals: intervalsPerMeterDay * setup.texas.meters, tookMs }));
    setup.log(`  day ${days - ago + 1} of ${days} stored: ${Math.round(rates.at(-1) ?? 0)} rows/s`);
  }
  await sql`vacuum analyze interval_blocks`.execute(database.kysely);
  return rates;
}

interface Counters {
  readonly wal: number;
  readonly indexReads: number;
  readonly heapReads: number;
  readonly heap: number;
  readonly index: number;
}

async function countersOf({ kysely }: Database): Promise<Counters> {
  const { rows } = await sql<Record<keyof Counters, string>>`
    select pg_current_wal_lsn() - '0/0' as wal, idx_blks_read as "indexReads", heap_blks_read as "heapReads",
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
    figure('a checkpoint afterwards', 'ms', [checkpointMs]),
    figure('a vacuum afterwards', 'ms', [vacuumMs]),
  ];
}

async function ask(database: Database, meters: number, days: number): Promise<readonly Figure[]> {
  const from = addDays(day, 1 - days);
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

function figuresOf(table: string, loaded: LoadedDay): readonly Figure[] {
  const { rates, filledAt, figures } = loaded;
  const quarter = Math.max(1, Math.floor(rates.length / 4));
  const named = [
    ...(filledAt.length > 0 ? [figure('a day before, stored by SQL alone', 'rows/s', filledAt)] : []),
    figure('all of it', 'rows/s', [rateOf(loaded)]),
    figure('a batch', 'rows/s', rates),
    figure('the first quarter of batches', 'rows/s', rates.slice(0, quarter)),
    figure('the last quarter of batches', 'rows/s', rates.slice(-quarter)),
    ...figures,
  ];
  return named.map((entry) => ({ ...entry, what: `${table}: ${entry.what}` }));
}

/** How long a day of all of Texas' meters takes at the rate of this load. */
function minutesOfTexas(loaded: LoadedDay): number {
  return (intervalsPerMeterDay * metersOfTexas) / rateOf(loaded) / 60;
}

/** How many times longer a batch takes, by the medians. */
function ratio(slow: readonly number[], fast: readonly number[]): number {
  return spreadOf(fast).median / spreadOf(slow).median;
}
