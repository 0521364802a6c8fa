import { describe, expect, test } from 'vitest';
import { getCoverage } from '../../functions/usage/coverage.ts';
import { listEsiids } from '../../functions/usage/esiids.ts';
import { usageRoutes } from '../../functions/usage/routes.ts';
import { coverageResponse, esiidsResponse, usageResponse } from '../../functions/usage/schemas.ts';
import { getUsage } from '../../functions/usage/usage.ts';
import { readRequest } from '../../shared/http/read-request.ts';
import type { Database } from '../../shared/storage/database.ts';
import { getEvent } from '../support/api-event.ts';
import { freshDatabase } from '../support/database.ts';
import { esiidA, esiidB, loadFile, newBlock, slots } from '../support/rows.ts';

interface Row {
  esiid: string;
  start: string;
  channel: string;
  kwh: string;
}

function usageRequest(query: Record<string, string>, options?: Parameters<typeof getEvent>[2]) {
  return readRequest(usageRoutes.getUsage, getEvent('/api/usage', query, options));
}

function coverageRequest(query: Record<string, string>) {
  return readRequest(usageRoutes.getCoverage, getEvent('/api/usage/coverage', query));
}

async function usage(database: Database, query: Record<string, string>) {
  const { body } = await getUsage(database, usageRequest({ esiid: esiidA, ...query }));
  const { rows, next_cursor } = usageResponse.parse(body);
  return { rows: rows as Row[], nextCursor: next_cursor };
}

function day(usageDate: string, kwh: (string | null)[], changes: Parameters<typeof newBlock>[0] = {}) {
  return newBlock({ usageDate, kwh, revisedAt: `${usageDate}T12:00:00Z`, ...changes });
}

test('The hour that fall back repeats is two hours with two offsets, and the day has 100 intervals', async () => {
  const database = await freshDatabase();
  const values = Array.from({ length: 100 }, (_, slot) => `${slot}.001`);
  await loadFile(database, [day('2022-11-06', values)]);

  const { rows: intervals } = await usage(database, {});
  const { rows: hours } = await usage(database, { resolution: 'hour' });
  const { rows: days } = await usage(database, { resolution: 'day' });

  expect(intervals).toHaveLength(100);
  expect(intervals.slice(4, 9).map(({ start, kwh }) => `${start} ${kwh}`)).toEqual([
    '2022-11-06T01:00:00-05:00 4.001',
    '2022-11-06T01:15:00-05:00 5.001',
    '2022-11-06T01:30:00-05:00 6.001',
    '2022-11-06T01:45:00-05:00 7.001',
    '2022-11-06T01:00:00-06:00 8.001',
  ]);
  expect(hours).toHaveLength(25);
  expect(hours[1]).toMatchObject({ start: '2022-11-06T01:00:00-05:00', kwh: '22.004', intervals: 4 });
  expect(hours[2]).toMatchObject({ start: '2022-11-06T01:00:00-06:00', kwh: '38.004' });
  expect(days).toEqual([
    {
      esiid: esiidA,
      start: '2022-11-06T00:00:00-05:00',
      channel: 'consumption',
      kwh: '4950.1',
      intervals: 100,
      expected_intervals: 100,
      estimated_intervals: 0,
    },
  ]);
});

test('The day that spring forward shortens has 92 intervals and no 02:00', async () => {
  const database = await freshDatabase();
  await loadFile(database, [
    day(
      '2022-03-13',
      Array.from({ length: 92 }, () => '0.1'),
    ),
  ]);

  const { rows: intervals } = await usage(database, {});
  const { rows: days } = await usage(database, { resolution: 'day' });

  expect(intervals[7]?.start).toBe('2022-03-13T01:45:00-06:00');
  expect(intervals[8]?.start).toBe('2022-03-13T03:00:00-05:00');
  expect(days).toMatchObject([{ kwh: '9.2', intervals: 92, expected_intervals: 92 }]);
});

test('Months follow the local calendar, and a month cut by the range expects only its part', async () => {
  const database = await freshDatabase();
  const evening = slots({ 95: '1.5' }); // 23:45 local is the next day in UTC
  await loadFile(database, [day('2025-01-31', evening), day('2025-02-01', slots({ 0: '0.00001' }))]);

  const { rows } = await usage(database, { resolution: 'month', from: '2025-01-01', to: '2025-02-03' });

  expect(rows).toMatchObject([
    { start: '2025-01-01T00:00:00-06:00', kwh: '1.5', expected_intervals: 31 * 96 },
    { start: '2025-02-01T00:00:00-06:00', kwh: '0.00001', expected_intervals: 3 * 96 },
  ]);
});

test('A month at an end that is left out expects its days from the first or to the last that is stored', async () => {
  const database = await freshDatabase();
  await loadFile(database, [
    day('2025-01-15', slots({ 0: '1' })),
    day('2025-02-01', slots({ 0: '1' })),
    day('2025-03-09', slots({ 0: '1' }, 92), { channel: 'generation' }),
    day('2024-12-01', slots({ 0: '1' }), { esiid: `${esiidA}12345` }),
  ]);
  const expected = async (query: Record<string, string>) => {
    const { rows } = await usage(database, { resolution: 'month', ...query });
    return rows.map((row) => 'expected_intervals' in row && row.expected_intervals);
  };

  expect(await expected({})).toEqual([17 * 96, 28 * 96, 9 * 96 - 4]);
  expect(await expected({ from: '2025-01-14' })).toEqual([18 * 96, 28 * 96, 9 * 96 - 4]);
  expect(await expected({ to: '2025-03-31' })).toEqual([17 * 96, 28 * 96, 31 * 96 - 4]);
  expect(await expected({ channel: 'consumption', limit: '1' })).toEqual([17 * 96]);
  expect(await expected({ from: '2025-03-10' })).toEqual([]);
});

test('Pages joined by their cursors are the whole, whatever the resolution', async () => {
  const database = await freshDatabase();
  const blocks = ['2025-01-30', '2025-01-31', '2025-02-01'].flatMap((usageDate) => [
    day(
      usageDate,
      Array.from({ length: 96 }, (_, slot) => String(slot)),
    ),
    day(usageDate, slots({ 40: '2', 41: '3' }), { channel: 'generation' }),
  ]);
  await loadFile(database, blocks);

  for (const resolution of ['15min', 'hour', 'day', 'month']) {
    const whole = await usage(database, { resolution });
    const joined: Row[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await usage(database, { resolution, limit: resolution === '15min' ? '41' : '3', cursor });
      joined.push(...page.rows);
      cursor = page.nextCursor;
    }
    expect(joined, resolution).toEqual(whole.rows);
    expect(whole.nextCursor).toBeNull();
  }
});

test('Only the requested range and channel are returned', async () => {
  const database = await freshDatabase();
  const dates = ['2025-01-14', '2025-01-15', '2025-01-16'];
  await loadFile(database, [
    ...dates.map((usageDate) => day(usageDate, slots({ 1: '1' }))),
    day('2025-01-15', slots({ 2: '7' }), { channel: 'generation' }),
    day('2025-01-15', slots({ 3: '9' }), { esiid: esiidB }),
  ]);

  const range = await usage(database, { from: '2025-01-15', to: '2025-01-15' });
  const generation = await usage(database, { channel: 'generation' });

  expect(range.rows.map(({ kwh }) => kwh)).toEqual(['1', '7']);
  expect(generation.rows.map(({ kwh }) => kwh)).toEqual(['7']);
});

test('CSV has the same rows, and a Link to the next page', async () => {
  const database = await freshDatabase();
  await loadFile(database, [
    day('2025-01-15', slots({ 0: '0.5', 1: '0.25' }), { estimated: `1${'0'.repeat(95)}` }),
  ]);
  const headers = { accept: 'text/csv' };

  const query = { esiid: esiidA, limit: '1' };
  const response = await getUsage(database, usageRequest(query, { headers }));
  const next = new URL(/<(.*)>/.exec(response.headers?.link ?? '')?.[1] ?? '', 'http://localhost');
  const second = await getUsage(database, usageRequest(Object.fromEntries(next.searchParams), { headers }));

  expect(response.headers?.['content-type']).toBe('text/csv; charset=utf-8');
  expect(response.body).toBe(
    `esiid,start,channel,kwh,estimated\n${esiidA},2025-01-15T00:00:00-06:00,consumption,0.5,true\n`,
  );
  expect(second.body).toBe(
    `esiid,start,channel,kwh,estimated\n${esiidA},2025-01-15T00:15:00-06:00,consumption,0.25,false\n`,
  );
  expect(second.headers).not.toHaveProperty('link');
});

test.each([
  ['esiid', { esiid: '12345' }],
  ['from', { from: '2025-02-30' }],
  ['from', { from: '2025-02-02', to: '2025-02-01' }],
  ['to', { to: 'yesterday' }],
  ['from', { from: '1989-12-31' }],
  ['to', { to: '2200-01-01' }],
  ['resolution', { resolution: 'decade' }],
  ['as_of', { as_of: '2025-01-01' }],
  ['format', { format: 'xml' }],
  ['channel', { channel: 'export' }],
  ['cursor', { cursor: 'bm9uc2Vuc2U' }],
  ['limit', { limit: '0' }],
  ['form', { form: '2025-01-01' }],
])('A wrong %s is rejected by name', (field, query) => {
  expect(() => usageRequest({ esiid: esiidA, ...query })).toThrow(
    expect.objectContaining({
      status: 400,
      code: 'invalid-request',
      details: [{ field, message: expect.any(String) }],
    }),
  );
});

test('Coverage reports every day of the range: stored, estimated and missing runs', async () => {
  const database = await freshDatabase();
  const morning = slots(Object.fromEntries(Array.from({ length: 40 }, (_, slot) => [slot, '0.1'])));
  const estimated = `11${'0'.repeat(94)}`;
  const file = { receivedAt: new Date('2025-01-18T06:30:00Z') };
  const { id } = await loadFile(
    database,
    [
      day(
        '2025-01-14',
        Array.from({ length: 96 }, () => '1'),
      ),
      day('2025-01-15', morning, { estimated }),
      day('2025-01-17', morning),
    ],
    { file },
  );

  const { body } = await getCoverage(database, coverageRequest({ esiid: esiidA }));
  const coverage = coverageResponse.parse(body);

  expect(coverage).toMatchObject({ from: '2025-01-14', to: '2025-01-17' });
  expect(coverage.totals).toEqual([
    { channel: 'consumption', expected: 384, present: 176, estimated: 2, missing: 208 },
  ]);
  expect(coverage.days.map((covered) => [covered.usage_date, covered.present, covered.missing])).toEqual([
    ['2025-01-14', 96, 0],
    ['2025-01-15', 40, 56],
    ['2025-01-16', 0, 96],
    ['2025-01-17', 40, 56],
  ]);
  expect(coverage.days[1]).toMatchObject({ latest_raw_file_id: id, revisions: 1, days_late: 2 });
  expect(coverage.gaps).toEqual([
    {
      channel: 'consumption',
      start: '2025-01-15T10:00:00-06:00',
      end: '2025-01-17T00:00:00-06:00',
      intervals: 152,
    },
    {
      channel: 'consumption',
      start: '2025-01-17T10:00:00-06:00',
      end: '2025-01-18T00:00:00-06:00',
      intervals: 56,
    },
  ]);
});

test.each([
  [{}, '2189-12-24', '2199-12-31'],
  [{ from: '2025-01-01' }, '2025-01-01', '2035-01-08'],
  [{ to: '2199-12-30' }, '2189-12-23', '2199-12-30'],
  [{ to: '2025-01-16' }, '2025-01-15', '2025-01-16'],
])('Coverage of data of more days than the maximum is that of %o from %s to %s', async (query, from, to) => {
  const database = await freshDatabase();
  await loadFile(database, [day('2025-01-15', slots({ 0: '1' })), day('2199-12-31', slots({ 0: '1' }))]);

  const { body } = await getCoverage(database, coverageRequest({ esiid: esiidA, ...query }));

  const coverage = coverageResponse.parse(body);
  expect(coverage).toMatchObject({ from, to, first_date: '2025-01-15', last_date: '2199-12-31' });
  expect(coverage.days.length).toBeLessThanOrEqual(3_660);
});

test('A given range of more days than the maximum is rejected', async () => {
  const database = await freshDatabase();
  await loadFile(database, [day('2025-01-15', slots({ 0: '1' }))]);
  const coverage = (to: string) =>
    getCoverage(database, coverageRequest({ esiid: esiidA, from: '2025-01-01', to }));

  const { body: longest } = await coverage('2035-01-08');

  expect(coverageResponse.parse(longest).days).toHaveLength(3_660);
  await expect(coverage('2035-01-09')).rejects.toMatchObject({
    status: 400,
    code: 'invalid-request',
    details: [{ field: 'from' }],
  });
});

test('A revision that completes a day closes its gap and is counted', async () => {
  const database = await freshDatabase();
  await loadFile(database, [day('2025-01-15', slots({ 0: '1' }))]);
  const full = Array.from({ length: 96 }, () => '1');
  const { id } = await loadFile(database, [day('2025-01-15', full, { revisedAt: '2025-01-20T00:00:00Z' })]);

  const { body } = await getCoverage(database, coverageRequest({ esiid: esiidA }));

  expect(coverageResponse.parse(body)).toMatchObject({
    days: [{ present: 96, missing: 0, revisions: 2, latest_raw_file_id: id }],
    gaps: [],
  });
});

test('The meters come in order, with their first and last interval, a page at a time', async () => {
  const database = await freshDatabase();
  const other = '1008901000000000000001';
  await loadFile(database, [
    day('2025-01-15', slots({ 4: '1' })),
    day('2025-03-09', slots({ 8: '1' }, 92)),
    day('2025-03-10', slots({ 3: '1' }), { channel: 'generation' }),
    day('2025-01-15', slots({ 3: '1' }), { esiid: esiidB }),
    day('2025-01-15', slots({ 3: '1' }), { esiid: other }),
  ]);
  const list = async (query: Record<string, string>) =>
    esiidsResponse.parse(
      (await listEsiids(database, readRequest(usageRoutes.listEsiids, getEvent('/api/usage/esiids', query))))
        .body,
    );

  const first = await list({ limit: '2' });
  const second = await list({ limit: '2', cursor: first.next_cursor ?? '' });
  const oncor = await list({ q: '1044372' });

  expect(first.esiids.map(({ esiid }) => esiid)).toEqual([other, esiidA]);
  expect(first.esiids[1]).toEqual({
    esiid: esiidA,
    channels: ['consumption', 'generation'],
    first_date: '2025-01-15',
    last_date: '2025-03-10',
    first_interval_at: '2025-01-15T07:00:00.000Z',
    last_interval_at: '2025-03-10T05:45:00.000Z',
  });
  expect(second.esiids.map(({ esiid }) => esiid)).toEqual([esiidB]);
  expect(second.next_cursor).toBeNull();
  expect(oncor.esiids.map(({ esiid }) => esiid)).toEqual([esiidA, esiidB]);
});

describe('Several ESIIDs in one request', () => {
  test('come one after the other, and pages joined by their cursors are the whole', async () => {
    const database = await freshDatabase();
    const days = ['2025-01-15', '2025-01-16'];
    await loadFile(
      database,
      [esiidB, esiidA].flatMap((esiid) =>
        days.map((usageDate) => day(usageDate, slots({ 0: '1', 9: '2' }), { esiid })),
      ),
    );
    const esiid = `${esiidB},${esiidA},10443720000000009`;

    for (const resolution of ['15min', 'day', 'year']) {
      const { rows } = await usage(database, { esiid, resolution });
      const joined: Row[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const page: Awaited<ReturnType<typeof usage>> = await usage(database, {
          esiid,
          resolution,
          limit: '3',
          cursor,
        });
        joined.push(...page.rows);
        cursor = page.nextCursor;
      }
      expect(joined).toEqual(rows);
      expect([...new Set(rows.map((row) => row.esiid))]).toEqual([esiidA, esiidB]);
      expect(rows).toHaveLength({ '15min': 8, day: 4, year: 2 }[resolution] ?? 0);
    }
  });
});

describe('Weeks and years', () => {
  test('begin on Monday and on New Year of the local calendar, and expect their days within the range', async () => {
    const database = await freshDatabase();
    await loadFile(database, [
      day('2024-12-31', slots({ 95: '1' })), // a Tuesday
      day('2025-01-05', slots({ 0: '2' })), // the Sunday of that week
      day('2025-03-09', slots({ 0: '4' }, 92)),
    ]);

    const weeks = await usage(database, { resolution: 'week' });
    const years = await usage(database, { resolution: 'year', from: '2024-12-30', to: '2025-12-31' });

    expect(weeks.rows).toMatchObject([
      { start: '2024-12-30T00:00:00-06:00', kwh: '3', expected_intervals: 6 * 96 },
      { start: '2025-03-03T00:00:00-06:00', kwh: '4', expected_intervals: 7 * 96 - 4 },
    ]);
    expect(years.rows).toMatchObject([
      { start: '2024-01-01T00:00:00-06:00', kwh: '1', expected_intervals: 2 * 96 },
      { start: '2025-01-01T00:00:00-06:00', kwh: '6', expected_intervals: 365 * 96 },
    ]);
  });
});

describe('CSV', () => {
  test.each([
    ['the path', '/api/usage.csv', {}, {}],
    ['the parameter', '/api/usage', { format: 'csv' }, {}],
    ['the header', '/api/usage', {}, { accept: 'text/csv' }],
  ])('is asked for by %s', async (_, path, query, headers) => {
    const database = await freshDatabase();
    await loadFile(database, [day('2025-01-15', slots({ 0: '0.5' }))]);
    const event = getEvent(path, { esiid: esiidA, resolution: 'day', ...query }, { headers });

    const response = await getUsage(database, readRequest(usageRoutes.getUsage, event));

    expect(response.body).toBe(
      'esiid,start,channel,kwh,intervals,expected_intervals,estimated_intervals\n' +
        `${esiidA},2025-01-15T00:00:00-06:00,consumption,0.5,1,96,0\n`,
    );
  });
});
