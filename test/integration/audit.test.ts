import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { getAudit } from '../../functions/usage/audit.ts';
import { auditResponse } from '../../functions/usage/audit-schemas.ts';
import { getCoverage } from '../../functions/usage/coverage.ts';
import { usageRoutes } from '../../functions/usage/routes.ts';
import { coverageResponse } from '../../functions/usage/schemas.ts';
import { auditLines } from '../../infra/local/report.ts';
import { readRequest } from '../../shared/http/read-request.ts';
import type { Database } from '../../shared/storage/database.ts';
import { readFileAudit } from '../../shared/storage/reads/read-file-audit.ts';
import { getEvent } from '../support/api-event.ts';
import { sum } from '../support/audit-oracle.ts';
import { freshDatabase } from '../support/database.ts';
import { portal2025, writeFile } from '../support/smt-dialects.ts';
import { ingest } from '../support/smt-ingest.ts';
import { dates, esiid, meterDay, otherEsiid, type Reading } from '../support/smt-meter.ts';
import { type DailyRow, dailyCsv, type MonthlyRow, monthlyCsv } from '../support/smt-reads.ts';
import { generatedYear } from '../support/smt-year.ts';

function request(query: Record<string, string>, options?: Parameters<typeof getEvent>[2]) {
  return readRequest(usageRoutes.getAudit, getEvent('/api/usage/audit', query, options));
}

async function audit(database: Database, query: Record<string, string> = { esiid }) {
  return auditResponse.parse((await getAudit(database, request(query))).body);
}

async function load(database: Database, ...files: (string | Buffer)[]): Promise<void> {
  for (const bytes of files) await ingest(database, { bytes: Buffer.from(bytes) });
}

const intervalFile = (readings: readonly Reading[]): string => writeFile(portal2025, readings);

/** The energy of each date in thousandths of a kWh. */
function totalsOf(readings: readonly Reading[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { date, milliKwh } of readings) totals.set(date, (totals.get(date) ?? 0) + (milliKwh ?? 0));
  return totals;
}

/** A register that advances by each day's energy. */
function registered(totals: ReadonlyMap<string, number>, from = 12_475_963): DailyRow[] {
  let register = from;
  return [...totals].map(([date, milliKwh]) => {
    const start = register;
    register += milliKwh;
    return { date, start, end: register, milliKwh };
  });
}

/** Bills from one first of a month to the next, as the register says. */
function bills(rows: readonly DailyRow[]): MonthlyRow[] {
  const firsts = rows.filter(({ date }) => date.endsWith('-01'));
  return firsts.slice(1).map((row, index) => {
    const before = firsts[index] as DailyRow;
    const kwh = Math.floor((row.start ?? 0) / 1000) - Math.floor((before.start ?? 0) / 1000);
    return { start: before.date, end: row.date, kwh: String(kwh) };
  });
}

const july = dates('2022-07-01', 10).flatMap((date, day) =>
  meterDay({ date, milliKwh: (slot) => 100 + slot + day }),
);
const julyReads = registered(totalsOf(july));

describe('A year of a meter', () => {
  test('agrees on every day and in every billing period, with an estimated midnight read among them', async () => {
    const database = await freshDatabase();
    const year = generatedYear();
    const rows = registered(totalsOf(year));
    const estimated = rows.map((row, index) => {
      if (index === 40) return { ...row, end: (row.end ?? 0) - 474 };
      return index === 41 ? { ...row, start: (row.start ?? 0) - 474 } : row;
    });
    await load(database, monthlyCsv(bills(rows)), dailyCsv(estimated), intervalFile(year));

    const { days, periods, totals, register_breaks: breaks } = await audit(database);

    expect(totals).toEqual({ agrees: rows.length, differs: 0, incomplete: 0, missing: 0, unaudited: 0 });
    expect(days.every((day) => day.register_agrees === true)).toBe(true);
    expect(days[40]).toMatchObject({ running_difference_kwh: '-0.474' });
    expect(days[41]).toMatchObject({ running_difference_kwh: '0' });
    expect(periods.length).toBeGreaterThanOrEqual(9);
    expect(new Set(periods.map(({ status }) => status))).toEqual(new Set(['agrees']));
    expect(breaks).toEqual([]);
  });

  test('has a wrong interval first in the list of all meters', async () => {
    const database = await freshDatabase();
    const wrong = july.map((reading, index) =>
      index === 200 ? { ...reading, milliKwh: (reading.milliKwh ?? 0) + 1 } : reading,
    );
    await load(database, intervalFile(wrong), dailyCsv(julyReads));
    await load(database, dailyCsv([{ esiid: otherEsiid, date: '2022-07-04', milliKwh: 5 }]));

    const { days, totals } = await audit(database, { from: '2022-07-01' });

    expect(totals).toEqual({ agrees: 0, differs: 1, incomplete: 0, missing: 1, unaudited: 0 });
    expect(days).toMatchObject([
      { esiid, usage_date: '2022-07-03', status: 'differs', difference_kwh: '0.001' },
      { esiid: otherEsiid, usage_date: '2022-07-04', status: 'missing', interval_kwh: null, intervals: 0 },
    ]);
  });
});

describe('A day', () => {
  test('is missing, incomplete or unaudited where one of the two is not there', async () => {
    const database = await freshDatabase();
    const halfDay = july.slice(96, 144);
    await load(
      database,
      intervalFile([...halfDay, ...july.slice(192, 288)]),
      dailyCsv(julyReads.slice(0, 2)),
    );

    const { days } = await audit(database);

    expect(days).toMatchObject([
      { usage_date: '2022-07-01', status: 'missing', intervals: 0, expected_intervals: 96 },
      { usage_date: '2022-07-02', status: 'incomplete', intervals: 48, expected_intervals: 96 },
      { usage_date: '2022-07-03', status: 'unaudited', daily_kwh: null, intervals: 96 },
    ]);
  });

  test('of the channel that exports has reads of its own, or none', async () => {
    const database = await freshDatabase();
    const [date = ''] = dates('2022-07-01', 1);
    const exported = meterDay({ date, channel: 'generation', milliKwh: () => 7 });
    await load(database, intervalFile([...july.slice(0, 96), ...exported]), dailyCsv(julyReads.slice(0, 1)));

    const before = await audit(database);
    await load(database, dailyCsv([{ date, milliKwh: 96 * 7, channel: 'generation' }]));
    const after = await audit(database);

    expect(before.days).toMatchObject([
      { channel: 'consumption', status: 'agrees' },
      { channel: 'generation', status: 'unaudited' },
    ]);
    expect(after.days.map(({ status }) => status)).toEqual(['agrees', 'agrees']);
  });

  test('has a register that no longer agrees with its energy, once its neighbours do not cancel that', async () => {
    const database = await freshDatabase();
    const drifting = julyReads.map((row, index) => {
      const ahead = (index >= 3 ? 60 : 0) + (index > 3 ? 0 : 0);
      return { ...row, start: (row.start ?? 0) + (index > 3 ? 60 : 0), end: (row.end ?? 0) + ahead };
    });
    await load(database, intervalFile(july), dailyCsv(drifting));

    const { days } = await audit(database);

    expect(days.every(({ status }) => status === 'agrees')).toBe(true);
    expect(days.map(({ register_agrees: agrees }) => agrees)).toEqual([
      ...[true, true, true, false, false, false, false, false, false],
      null, // not within the tolerance, and the next day, which could cancel it, is not known yet
    ]);
  });
});

describe('A register', () => {
  test('that rolls over at 99999.999 goes on', async () => {
    const database = await freshDatabase();
    const rolled = registered(totalsOf(july), 99_970_000).map((row) => ({
      ...row,
      start: (row.start ?? 0) % 100_000_000,
      end: (row.end ?? 0) % 100_000_000,
    }));
    const total = sum([...totalsOf(july).values()].slice(0, 9));
    const billed = Math.floor((99_970_000 + total) / 1000) - 99_970;
    await load(database, intervalFile(july), dailyCsv(rolled));
    await load(database, monthlyCsv([{ start: '2022-07-01', end: '2022-07-10', kwh: String(billed) }]));

    const { days, periods, register_breaks: breaks } = await audit(database);

    expect(rolled.some(({ start, end }) => (end ?? 0) < (start ?? 0))).toBe(true);
    expect(days.every((day) => day.register_kwh === day.daily_kwh)).toBe(true);
    expect(breaks).toEqual([]);
    expect(periods).toMatchObject([{ status: 'agrees', register_kwh: String(billed) }]);
  });

  test('of an exchanged meter breaks, and the intervals decide about the bill', async () => {
    const database = await freshDatabase();
    const exchanged = julyReads.map((row, index) =>
      index < 5 ? row : { ...row, start: (row.start ?? 0) - 12_000_000, end: (row.end ?? 0) - 12_000_000 },
    );
    const kwh = String(Math.floor(sum([...totalsOf(july).values()].slice(0, 9)) / 1000));
    await load(database, intervalFile(july), dailyCsv(exchanged));
    await load(database, monthlyCsv([{ start: '2022-07-01', end: '2022-07-10', kwh }]));

    const { days, periods, register_breaks: breaks } = await audit(database);

    expect(breaks).toMatchObject([
      { usage_date: '2022-07-05', end_reading: String((julyReads[4]?.end ?? 0) / 1000) },
    ]);
    expect(days.every(({ register_agrees: agrees }) => agrees === true)).toBe(true);
    expect(periods).toMatchObject([{ status: 'agrees', register_kwh: null }]);
  });

  test('of a meter exchanged within a day does not compare on that day', async () => {
    const database = await freshDatabase();
    const exchanged = julyReads.map((row, index) => {
      const back = 12_000_000;
      return {
        ...row,
        start: (row.start ?? 0) - (index > 5 ? back : 0),
        end: (row.end ?? 0) - (index >= 5 ? back : 0),
      };
    });
    await load(database, intervalFile(july), dailyCsv(exchanged));
    await load(database, monthlyCsv([{ start: '2022-07-01', end: '2022-07-10', kwh: '1' }]));

    const { days, periods } = await audit(database);

    expect(days[5]).toMatchObject({ status: 'agrees', register_kwh: null, register_agrees: true });
    expect(periods).toMatchObject([{ status: 'differs', register_kwh: null }]);
  });
});

describe('A billing period', () => {
  const bill = (start: string, end: string, kwh: string): Buffer => monthlyCsv([{ start, end, kwh }]);
  const nineDays = sum([...totalsOf(july).values()].slice(0, 9));

  test('is held against the registers to the whole kWh where they are known', async () => {
    const database = await freshDatabase();
    const kwh = Math.floor((12_475_963 + nineDays) / 1000) - 12_475;
    await load(database, dailyCsv(julyReads));
    await load(database, bill('2022-07-01', '2022-07-10', String(kwh)));
    await load(database, bill('2022-07-01', '2022-07-11', String(kwh)));

    const { periods } = await audit(database);

    expect(periods.map(({ end_date: end, status }) => [end, status])).toEqual([
      ['2022-07-10', 'agrees'],
      ['2022-07-11', 'differs'],
    ]);
  });

  test('is held against the intervals to less than 1 kWh where the registers are not known', async () => {
    const database = await freshDatabase();
    await load(database, intervalFile(july));
    const whole = Math.floor(nineDays / 1000);
    for (const kwh of [whole, whole + 1, whole + 2]) {
      await load(database, bill(`2022-07-01`, '2022-07-10', String(kwh)));
      const { periods } = await audit(database);
      expect(periods.at(-1)?.status).toBe(kwh === whole + 2 ? 'differs' : 'agrees');
    }
  });

  test('is incomplete with some of its days, and unaudited with none', async () => {
    const database = await freshDatabase();
    await load(database, intervalFile(july));
    await load(database, bill('2022-06-20', '2022-07-05', '500'), bill('2022-05-20', '2022-06-20', '500'));

    const { periods } = await audit(database);

    expect(periods.map(({ status }) => status)).toEqual(['unaudited', 'incomplete']);
  });

  test('that began in the middle of a day differs, by no more than that day’s energy', async () => {
    const database = await freshDatabase();
    const fromNoon =
      sum(july.slice(48, 96).map(({ milliKwh }) => milliKwh)) +
      nineDays -
      sum([...totalsOf(july).values()].slice(0, 1));
    await load(
      database,
      intervalFile(july),
      bill('2022-07-01', '2022-07-10', String(Math.floor(fromNoon / 1000))),
    );

    const { periods } = await audit(database);

    expect(periods).toMatchObject([{ status: 'differs' }]);
    const [period] = periods;
    const difference = Number(period?.interval_kwh) - Number(period?.billed_kwh);
    expect(difference * 1000).toBeLessThan([...totalsOf(july).values()][0] ?? 0);
  });
});

describe('GET /api/usage/audit', () => {
  test('filters by range, channel and status', async () => {
    const database = await freshDatabase();
    await load(database, intervalFile(july.slice(96)), dailyCsv(julyReads));

    const range = await audit(database, { esiid, from: '2022-07-03', to: '2022-07-04' });
    const missing = await audit(database, { esiid, status: 'missing,differs' });
    const generation = await audit(database, { esiid, channel: 'generation' });
    const recent = await audit(database, {});

    expect(range.days.map(({ usage_date: date }) => date)).toEqual(['2022-07-03', '2022-07-04']);
    expect(missing.days.map(({ usage_date: date }) => date)).toEqual(['2022-07-01']);
    expect(generation.days).toEqual([]);
    expect(recent).toMatchObject({ esiid: null, days: [] });
    expect(() => request({ status: 'unaudited' })).toThrow();
    expect(() => request({ esiid, status: 'wrong' })).toThrow();
  });

  test('gives days and periods as one table of CSV', async () => {
    const database = await freshDatabase();
    await load(database, intervalFile(july.slice(96, 192)), dailyCsv(julyReads.slice(0, 2)));
    await load(database, monthlyCsv([{ start: '2022-07-01', end: '2022-07-03', kwh: '27' }]));

    const response = await getAudit(database, request({ esiid }, { headers: { accept: 'text/csv' } }));

    expect(response.headers?.['content-disposition']).toContain(`audit-${esiid}.csv`);
    const [header, ...rows] = String(response.body).trimEnd().split('\n');
    expect(header).toMatch(/^kind,esiid,channel,start_date,end_date,status,interval_kwh,read_kwh/);
    expect(rows).toEqual([
      `day,${esiid},consumption,2022-07-01,2022-07-02,missing,,14.16,14.16,,0,0,96`,
      `day,${esiid},consumption,2022-07-02,2022-07-03,agrees,14.256,14.256,14.256,0,0,96,96`,
      `period,${esiid},consumption,2022-07-01,2022-07-03,differs,14.256,27,29,,,,`,
    ]);
  });
});

describe('The views', () => {
  test('read the days they are asked of, by index', async () => {
    const database = await freshDatabase();
    const insert = (table: string, columns: string, values: string) => `
      insert into ${table} (esiid, channel, usage_date, revised_at, content, raw_file_id, ${columns})
      select (10443720000000000 + meter)::text, 'consumption', date '2024-04-01' + day, timestamptz '2024-09-01',
        gen_random_uuid(), 1, ${values}
      from generate_series(1, 60) meter, generate_series(0, 149) day`;
    await database.pool.query(`
      insert into raw_files (bucket, object_key, version_id, filename, size_bytes, source, received_at)
        values ('b', 'k', 'v', 'f', 1, 's', now());
      ${insert('interval_blocks', 'kwh', 'array_fill(0.25::numeric(10, 5), array[96])')};
      ${insert('daily_reads', 'kwh', '24 + (meter = 7 and day = 140)::int')};
      analyze interval_blocks; analyze daily_reads`);
    const plan = async (statement: string): Promise<string> => {
      const { rows } = await database.pool.query<{ 'QUERY PLAN': string }>(`explain ${statement}`);
      return rows.map((row) => row['QUERY PLAN']).join('\n');
    };

    const oneMeter = await plan(
      `select * from smt_day_audit where esiid = '10443720000000007' and usage_date between '2024-04-01' and '2024-12-31'`,
    );
    const disagreements = await plan(
      `select * from smt_day_audit where usage_date >= '2024-08-20' and status in ('differs', 'incomplete', 'missing')`,
    );

    expect(oneMeter).not.toContain('Seq Scan');
    expect(disagreements).not.toContain('Seq Scan');
    const { rows } = await sql<{ esiid: string }>`
      select esiid from smt_day_audit where usage_date >= '2024-08-01' and status = 'differs'`.execute(
      database.kysely,
    );
    expect(rows).toEqual([{ esiid: '10443720000000007' }]);
  });
});

describe('What the audit says of a file', () => {
  test('counts its days and periods by status, and lists what does not agree', async () => {
    const database = await freshDatabase();
    const wrong = july
      .slice(0, 288)
      .map((reading, index) =>
        index === 200 ? { ...reading, milliKwh: (reading.milliKwh ?? 0) + 1 } : reading,
      );
    await load(database, dailyCsv(julyReads.slice(0, 4)), intervalFile(wrong));
    await load(database, monthlyCsv([{ start: '2022-07-01', end: '2022-07-04', kwh: '43' }]));

    const ofReads = await readFileAudit(database, ['1'], 50);
    const ofAll = await readFileAudit(database, ['1', '2', '3'], 50);
    const ofNone = await readFileAudit(database, ['9'], 50);

    expect(ofReads.days).toEqual({ agrees: 2, differs: 1, missing: 1 });
    expect(ofReads.disagreements).toEqual([
      {
        esiid,
        channel: 'consumption',
        usage_date: '2022-07-03',
        status: 'differs',
        interval_kwh: '14.353',
        daily_kwh: '14.352',
        difference_kwh: '0.001',
      },
      expect.objectContaining({ usage_date: '2022-07-04', status: 'missing', interval_kwh: null }),
    ]);
    expect(ofAll).toMatchObject({ days: ofReads.days, periods: { agrees: 1 } });
    expect(auditLines(ofAll)).toEqual([
      'days against daily reads: 2 agrees, 1 differs, 1 missing',
      `  2022-07-03 of ${esiid} differs: intervals 14.353, daily read 14.352 kWh`,
      `  2022-07-04 of ${esiid} missing: intervals none, daily read 14.448 kWh`,
      'billing periods: 1 agrees',
    ]);
    expect(ofNone).toEqual({ days: {}, periods: {}, disagreements: [] });
    expect(auditLines(ofNone)).toEqual([]);
  });
});

describe('Coverage', () => {
  test('has each day’s audit, and the days that only SMT’s reads know', async () => {
    const database = await freshDatabase();
    const coverage = async () => {
      const event = getEvent('/api/usage/coverage', { esiid });
      return coverageResponse.parse(
        (await getCoverage(database, readRequest(usageRoutes.getCoverage, event))).body,
      );
    };
    await load(database, dailyCsv(julyReads.slice(0, 1)));
    const readsAlone = await coverage();
    await load(database, intervalFile(july.slice(96, 288)), dailyCsv(julyReads.slice(1, 2)));

    const { from, to, days, totals } = await coverage();

    expect(readsAlone.days).toMatchObject([
      { present: 0, missing: 96, audit_status: 'missing', daily_kwh: '14.16' },
    ]);
    expect([from, to]).toEqual(['2022-07-01', '2022-07-03']);
    expect(days).toMatchObject([
      { audit_status: 'missing', kwh: null, present: 0 },
      { audit_status: 'agrees', kwh: '14.256', daily_kwh: '14.256', difference_kwh: '0' },
      { audit_status: 'unaudited', daily_kwh: null },
    ]);
    expect(totals).toMatchObject([{ expected: 288, present: 192, missing: 96 }]);
  });
});
