import { describe, expect, test } from 'vitest';
import { type Announcement, announceFile } from '../../shared/raw-files/announce.ts';
import type { Database } from '../../shared/storage/database.ts';
import { findUnannounced } from '../../shared/storage/raw-files/find-unannounced.ts';
import { auditRawFile } from '../../shared/storage/reads/audit-raw-file.ts';
import { countDisagreements } from '../../shared/storage/reads/count-disagreements.ts';
import { freshDatabase } from '../support/database.ts';
import { portal2025, writeFile } from '../support/smt-dialects.ts';
import { ingest } from '../support/smt-ingest.ts';
import { addDays, dates, meterDay } from '../support/smt-meter.ts';
import { dailyCsv } from '../support/smt-reads.ts';

const today = new Date().toISOString().slice(0, 10);
const days = dates(addDays(today, -20), 3);
const intervals = (date: string, extra = 0): Buffer =>
  Buffer.from(writeFile(portal2025, meterDay({ date, milliKwh: () => 10 + extra })));
const reads = (...ofDates: string[]): Buffer =>
  dailyCsv(ofDates.map((date) => ({ date, milliKwh: meterDay({ date }).length * 10 })));

/** Loads a file as normalize does, and audits it. @returns its id */
async function load(database: Database, bytes: Buffer): Promise<string> {
  await ingest(database, { bytes, receivedAt: new Date() });
  const { id } = await database.kysely
    .selectFrom('raw_files')
    .select('id')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  return id;
}

async function noted({ pool }: Database): Promise<string[]> {
  const { rows } = await pool.query<{ date: string }>(
    'select usage_date as date from day_disagreements order by usage_date',
  );
  return rows.map(({ date }) => date);
}

async function waiting({ pool }: Database): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.count ?? 0;
}

const recently = { noticedAfter: new Date(Date.now() - 3_600_000), graceDays: 5 };

describe('What the audit of a file finds', () => {
  test('is announced with it, and recorded for the sweep until it is resolved', async () => {
    const database = await freshDatabase();
    const [first = '', second = '', third = ''] = days;
    await auditRawFile(database, await load(database, intervals(first)));
    await auditRawFile(database, await load(database, intervals(second, 1)));
    const id = await load(database, reads(first, second, third));
    const published: Announcement[] = [];
    const file = await findUnannounced(database, id);

    await announceFile(
      database,
      async (announcement) => void published.push(announcement),
      file ?? expect.fail('is not announced yet'),
    );

    expect(published).toMatchObject([
      {
        id,
        intervalsInserted: 0,
        dailyReadsInserted: 3,
        daysAgreeing: 1,
        daysDiffering: 1,
        daysMissing: 1,
        registerBreaks: 0,
      },
    ]);
    expect(await noted(database)).toEqual([second, third]);
    expect(await countDisagreements(database, recently)).toEqual({ daysDiffering: 1, daysMissing: 1 });

    await auditRawFile(database, await load(database, intervals(third)));

    expect(await noted(database)).toEqual([second]);
    expect(await countDisagreements(database, recently)).toEqual({ daysDiffering: 1, daysMissing: 0 });
  });

  test('costs a file of a meter without reads nothing', async () => {
    const database = await freshDatabase();

    const counts = await auditRawFile(database, await load(database, intervals(days[0] ?? '')));

    expect(counts).toEqual({ daysAgreeing: 0, daysDiffering: 0, daysMissing: 0, registerBreaks: 0 });
  });
});

describe('The sweep', () => {
  test('counts a day without intervals only once they are late', async () => {
    const database = await freshDatabase();
    const yesterday = addDays(today, -1);
    await auditRawFile(database, await load(database, reads(yesterday)));

    expect(await noted(database)).toEqual([yesterday]);
    expect(await countDisagreements(database, recently)).toEqual({ daysDiffering: 0, daysMissing: 0 });
    const inAWeek = { ...recently, graceDays: 0 };
    expect(await countDisagreements(database, inAWeek)).toEqual({ daysDiffering: 0, daysMissing: 1 });
  });

  test('stops counting a disagreement some time after it was recorded', async () => {
    const database = await freshDatabase();
    await auditRawFile(database, await load(database, intervals(days[0] ?? '', 1)));
    await auditRawFile(database, await load(database, reads(days[0] ?? '')));
    await database.pool.query(`update day_disagreements set noticed_at = now() - interval '2 days'`);

    expect(await countDisagreements(database, recently)).toEqual({ daysDiffering: 0, daysMissing: 0 });
  });
});

describe('A note', () => {
  test('is not cleared by an audit that read the day before it disagreed again', async () => {
    const database = await freshDatabase();
    const [date = ''] = days;
    const id = await load(database, reads(date));
    await auditRawFile(database, id);
    await load(database, intervals(date));
    const other = await database.connect();
    await other.query('begin');
    await other.query('update day_disagreements set seen_at = clock_timestamp()'); // another audit sees it disagree

    const audited = auditRawFile(database, id); // sees it agree, and waits for the row
    await expect.poll(() => waiting(database)).toBe(1);
    await other.query('commit');
    other.release();

    expect(await audited).toMatchObject({ daysAgreeing: 1 });
    expect(await noted(database)).toEqual([date]);
  });

  test('is there for each day that disagrees, however many files are loaded and audited at once', async () => {
    const database = await freshDatabase();
    const all = dates(addDays(today, -60), 12);
    await Promise.all(
      all
        .flatMap((date, index) => [intervals(date, index % 2), reads(date)])
        .map((bytes) => ingest(database, { bytes, receivedAt: new Date() })),
    );
    const { rows } = await database.pool.query<{ id: string }>('select id from raw_files order by random()');
    await Promise.all(rows.map(({ id }) => auditRawFile(database, id)));

    expect(await noted(database)).toEqual(all.filter((_, index) => index % 2 === 1));
  });
});
