import { describe, expect, test } from 'vitest';
import { getCoverage } from '../../functions/usage/coverage.ts';
import { listEsiids } from '../../functions/usage/esiids.ts';
import { listPeaks } from '../../functions/usage/peaks.ts';
import { getProfile } from '../../functions/usage/profile.ts';
import { peaksResponse, profileResponse } from '../../functions/usage/profile-schemas.ts';
import { usageRoutes } from '../../functions/usage/routes.ts';
import { coverageResponse, esiidsResponse } from '../../functions/usage/schemas.ts';
import { readRequest } from '../../shared/http/read-request.ts';
import { clockDay } from '../../shared/intervals/clock.ts';
import { dailyRead } from '../../shared/reads/daily-read.ts';
import { monthlyRead } from '../../shared/reads/monthly-read.ts';
import type { Database } from '../../shared/storage/database.ts';
import { searchEsiids } from '../../shared/storage/usage/search-esiids.ts';
import { formatDecimal, parseDecimal } from '../../shared/usage/decimal.ts';
import { datesBetween } from '../../shared/usage/local-time.ts';
import { getEvent } from '../support/api-event.ts';
import { freshDatabase } from '../support/database.ts';
import { esiidA, esiidB, loadFile, newBlock, slots } from '../support/rows.ts';

function day(usageDate: string, kwh: (string | null)[], changes: Parameters<typeof newBlock>[0] = {}) {
  return newBlock({ usageDate, kwh, revisedAt: `${usageDate}T12:00:00Z`, ...changes });
}

/** A day whose slots all have the same value. */
function flatDay(usageDate: string, kwh: string, changes: Parameters<typeof newBlock>[0] = {}) {
  return day(usageDate, Array(clockDay(usageDate).slotCount).fill(kwh), changes);
}

async function profile(database: Database, from: string, to: string) {
  const event = getEvent('/api/usage/profile', { esiid: esiidA, from, to });
  const { body } = await getProfile(database, readRequest(usageRoutes.getProfile, event));
  return profileResponse.parse(body);
}

async function peaks(database: Database, query: Record<string, string>) {
  const event = getEvent('/api/usage/peaks', {
    esiid: esiidA,
    from: '2025-01-01',
    to: '2025-12-31',
    ...query,
  });
  const { body } = await listPeaks(database, readRequest(usageRoutes.listPeaks, event));
  return peaksResponse.parse(body).rows;
}

async function coverageDays(database: Database) {
  const event = getEvent('/api/usage/coverage', { esiid: esiidA });
  const { body } = await getCoverage(database, readRequest(usageRoutes.getCoverage, event));
  return coverageResponse.parse(body).days;
}

function sum(decimals: readonly string[]): string {
  return formatDecimal(decimals.map(parseDecimal).reduce((total, units) => total + units, 0n));
}

describe('the profile', () => {
  test('adds up to the last digit, by month, weekday or weekend, and wall clock hour', async () => {
    const database = await freshDatabase();
    const dates = datesBetween('2025-02-27', '2025-03-10'); // spring forward on March 9, a Sunday
    await loadFile(database, [
      ...dates.map((date) => flatDay(date, '0.00001')),
      ...dates.map((date) => flatDay(date, '0.1', { channel: 'generation' })),
      flatDay('2025-03-05', '9', { esiid: esiidB }),
    ]);

    const { rows } = await profile(database, '2025-02-27', '2025-03-10');

    const consumption = rows.filter(({ channel }) => channel === 'consumption');
    expect(sum(consumption.map(({ kwh }) => kwh))).toBe(formatDecimal(BigInt(12 * 96 - 4)));
    const weekendHour = (hour: number) =>
      consumption.find((row) => row.month === '2025-03-01' && row.weekend && row.hour === hour);
    expect(weekendHour(1)).toMatchObject({ kwh: '0.00016', intervals: 16 });
    expect(weekendHour(2)).toMatchObject({ kwh: '0.00012', intervals: 12 }); // one of the four days has no 02:00
    expect(rows.filter(({ month }) => month === '2025-02-01')).toHaveLength(2 * 24); // Thursday and Friday
  });

  test('puts the hour that fall back repeats into hour 1, with twice the intervals', async () => {
    const database = await freshDatabase();
    await loadFile(database, [flatDay('2025-11-02', '0.5')]);

    const { rows } = await profile(database, '2025-11-02', '2025-11-02');

    expect(rows).toHaveLength(24);
    expect(rows[1]).toMatchObject({ hour: 1, kwh: '4', intervals: 8, weekend: true });
  });

  test('takes the median of the quietest whole hours as the baseload', async () => {
    const database = await freshDatabase();
    const quiet = (kwh: string) =>
      Array.from({ length: 96 }, (_, slot) => (slot >= 40 && slot < 44 ? kwh : '0.5'));
    await loadFile(database, [
      day('2025-06-02', quiet('0.1')),
      day('2025-06-03', quiet('0.02')),
      day('2025-06-04', quiet('0.2')),
      day('2025-06-05', slots({ 0: '0.001' })), // no whole hour
    ]);

    expect((await profile(database, '2025-06-02', '2025-06-05')).baseload_kw).toBe('0.4');
    expect((await profile(database, '2025-06-05', '2025-06-05')).baseload_kw).toBeNull();
  });

  test('looks for the baseload of a home that exports at night, not while the roof covers it', async () => {
    const database = await freshDatabase();
    const sunny = Array.from({ length: 96 }, (_, slot) => (slot >= 32 && slot < 64 ? '0' : '0.25'));
    await loadFile(database, [
      day('2025-06-02', sunny),
      day('2025-06-02', slots({ 48: '1' }), { channel: 'generation' }),
    ]);

    expect((await profile(database, '2025-06-02', '2025-06-02')).baseload_kw).toBe('1');
  });

  test.each([
    ['from', { from: '2025-02-02', to: '2025-02-01' }],
    ['from', { from: '2010-01-01', to: '2025-02-01' }],
    ['to', { from: '2025-02-02' }],
  ])('rejects a wrong %s by name', (field, query) => {
    const event = getEvent('/api/usage/profile', { esiid: esiidA, ...query });
    expect(() => readRequest(usageRoutes.getProfile, event)).toThrow(
      expect.objectContaining({ status: 400, details: [expect.objectContaining({ field })] }),
    );
  });
});

describe('peaks', () => {
  test('lists the highest intervals of each channel, the earlier of two equal ones first', async () => {
    const database = await freshDatabase();
    await loadFile(database, [
      day('2025-01-15', slots({ 3: '0.9', 40: '1.5', 41: '0.9' }), {
        estimated: `${'0'.repeat(40)}1${'0'.repeat(55)}`,
      }),
      day('2025-01-16', slots({ 0: '7' }), { channel: 'generation' }),
    ]);

    const rows = await peaks(database, { limit: '2' });

    expect(rows).toEqual([
      { start: '2025-01-15T10:00:00-06:00', channel: 'consumption', kwh: '1.5', estimated: true },
      { start: '2025-01-15T00:45:00-06:00', channel: 'consumption', kwh: '0.9', estimated: false },
      { start: '2025-01-16T00:00:00-06:00', channel: 'generation', kwh: '7', estimated: false },
    ]);
  });

  test('takes hours only where all four intervals are stored', async () => {
    const database = await freshDatabase();
    await loadFile(database, [
      day('2025-01-15', slots({ 0: '9', 1: '9', 4: '1', 5: '1', 6: '1', 7: '1.5' })),
    ]);

    expect(await peaks(database, { resolution: 'hour' })).toEqual([
      { start: '2025-01-15T01:00:00-06:00', channel: 'consumption', kwh: '4.5', estimated: false },
    ]);
  });
});

describe('coverage', () => {
  test('has the exact energy of each day, also where revisions overlap', async () => {
    const database = await freshDatabase();
    await loadFile(database, [
      flatDay('2025-01-14', '0.00001'),
      flatDay('2025-01-15', '1'),
      day('2025-01-15', slots({ 0: '2.5' }), { revisedAt: '2025-02-01T12:00:00Z' }),
      day('2025-01-17', slots({ 7: '0.125' })),
    ]);

    const days = await coverageDays(database);

    expect(days.map(({ usage_date: date, kwh }) => [date, kwh])).toEqual([
      ['2025-01-14', '0.00096'],
      ['2025-01-15', '97.5'],
      ['2025-01-16', null],
      ['2025-01-17', '0.125'],
    ]);
  });
});

describe('the search for ESIIDs', () => {
  const meters = ['10443720000000001', '10443720000000002', '1008901000000000000042', '10443720000990003'];

  async function databaseOfMeters() {
    const database = await freshDatabase();
    await loadFile(
      database,
      meters.map((esiid) => day('2025-01-15', slots({ 0: '1' }), { esiid })),
    );
    return database;
  }

  test('finds digits anywhere in an ESIID', async () => {
    const database = await databaseOfMeters();
    const search = async (q: string) => {
      const request = readRequest(usageRoutes.listEsiids, getEvent('/api/usage/esiids', { q }));
      return esiidsResponse
        .parse((await listEsiids(database, request)).body)
        .esiids.map(({ esiid }) => esiid);
    };

    expect(await search('99')).toEqual(['10443720000990003']);
    expect(await search('0042')).toEqual(['1008901000000000000042']);
    expect(await search('1044372')).toEqual(['10443720000000001', '10443720000000002', '10443720000990003']);
    expect(await search('77777')).toEqual([]);
  });

  test('finds an ESIID of which only reads are stored, with the days that they cover', async () => {
    const database = await freshDatabase();
    const read = { channel: 'consumption', revisedAt: '2025-03-02T00:00:00Z', kwh: '7' } as const;
    const daily = { ...read, esiid: '10443720000000005', startReading: null, endReading: null };
    const demands = { meteredKw: null, meteredKva: null, billedKw: null, billedKva: null };
    const bill = {
      ...read,
      ...demands,
      esiid: '10443720000000006',
      startDate: '2025-02-01',
      endDate: '2025-03-01',
    };
    await loadFile(database, [day('2025-01-15', slots({ 0: '1' }))], {
      reads: [
        dailyRead({ ...daily, usageDate: '2025-02-03' }),
        dailyRead({ ...daily, usageDate: '2025-02-09' }),
        monthlyRead(bill),
      ],
    });

    const request = readRequest(usageRoutes.listEsiids, getEvent('/api/usage/esiids'));
    const { esiids } = esiidsResponse.parse((await listEsiids(database, request)).body);

    const nothing = { channels: ['consumption'], first_interval_at: null, last_interval_at: null };
    expect(esiids.slice(1)).toEqual([
      { esiid: '10443720000000005', ...nothing, first_date: '2025-02-03', last_date: '2025-02-09' },
      { esiid: '10443720000000006', ...nothing, first_date: '2025-02-01', last_date: '2025-02-28' },
    ]);
  });

  test('stops after a number of ESIIDs, and goes on from there without skipping one', async () => {
    const database = await databaseOfMeters();
    const found: string[] = [];
    let after = '';
    let pages = 0;
    for (let stoppedAt: string | null = ''; stoppedAt !== null; after = stoppedAt ?? '') {
      const page = await searchEsiids(database, { containing: '99', after, limit: 10, maxScanned: 2 });
      found.push(...page.esiids);
      stoppedAt = page.stoppedAt;
      pages += 1;
    }

    expect(found).toEqual(['10443720000990003']);
    expect(pages).toBe(3); // two and two, then none
  });
});
