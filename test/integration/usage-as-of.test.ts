import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { getCoverage } from '../../functions/usage/coverage.ts';
import { listRevisions } from '../../functions/usage/revisions.ts';
import { usageRoutes } from '../../functions/usage/routes.ts';
import { coverageResponse, revisionsResponse } from '../../functions/usage/schemas.ts';
import { getUsage } from '../../functions/usage/usage.ts';
import { readRequest } from '../../shared/http/read-request.ts';
import type { Channel } from '../../shared/intervals/block.ts';
import type { Database } from '../../shared/storage/database.ts';
import { getEvent } from '../support/api-event.ts';
import { freshDatabase } from '../support/database.ts';
import { esiidA, esiidB, loadFile, newBlock, slots } from '../support/rows.ts';

const bothEsiids = `${esiidA},${esiidB}`;

async function revisionsOf(database: Database, query: Record<string, string> = {}) {
  const event = getEvent('/api/usage/revisions', { esiid: esiidA, usage_date: '2025-01-15', ...query });
  const { body } = await listRevisions(database, readRequest(usageRoutes.listRevisions, event));
  return revisionsResponse.parse(body).revisions;
}

/** What the usage routes respond with, of everything that the files below can hold. */
async function responses(database: Database, asOf?: string) {
  const at = asOf === undefined ? {} : { as_of: asOf };
  const usage = async (query: Record<string, string>) => {
    const event = getEvent('/api/usage', { esiid: bothEsiids, ...query, ...at });
    return (await getUsage(database, readRequest(usageRoutes.getUsage, event))).body;
  };
  const coverage = async (esiid: string) => {
    const event = getEvent('/api/usage/coverage', { esiid, ...at });
    const { body } = await getCoverage(database, readRequest(usageRoutes.getCoverage, event));
    const { days, ...coverage } = coverageResponse.parse(body);
    // The audit is of now: a day has none as of an earlier time, and is unaudited without a daily read.
    return {
      ...coverage,
      days: days.map(({ audit_status, ...day }) => {
        expect(audit_status).toBe(asOf === undefined && day.present > 0 ? 'unaudited' : null);
        return day;
      }),
    };
  };
  const revisions = await revisionsOf(database, at);
  return [
    ...[await usage({}), await usage({ resolution: 'day' }), await usage({ resolution: 'month' })],
    ...[await coverage(esiidA), await coverage(esiidB)],
    revisions.map(({ loaded_at, ...revision }) => revision),
  ];
}

const anyBlock = fc
  .record({
    esiid: fc.constantFrom(esiidA, esiidB),
    channel: fc.constantFrom<Channel>('consumption', 'generation'),
    usageDate: fc.constantFrom('2025-01-15', '2025-01-16'),
    revisedAt: fc.constantFrom('2025-01-17T00:00:00Z', '2025-01-18T00:00:00Z'),
    readings: fc.dictionary(fc.constantFrom('0', '1', '95'), fc.constantFrom('0', '0.5', '10')),
    isEstimated: fc.boolean(),
  })
  .filter(({ readings }) => Object.keys(readings).length > 0)
  .map(({ readings, isEstimated, ...key }) =>
    newBlock({ ...key, kwh: slots(readings), estimated: isEstimated ? '1'.repeat(96) : null }),
  );

describe('as_of', () => {
  test('responds as a database does that has only what had been loaded by then', async () => {
    const [whole, partial] = [await freshDatabase(), await freshDatabase()];
    const file = { receivedAt: new Date('2025-01-20T00:00:00Z'), filename: 'a.csv' };

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(anyBlock, { maxLength: 4 }), { minLength: 1, maxLength: 3 }),
        fc.array(fc.array(anyBlock, { maxLength: 4 }), { maxLength: 2 }),
        async (before, after) => {
          for (const { kysely } of [whole, partial]) {
            await sql`truncate raw_files, raw_file_meters, interval_blocks restart identity cascade`.execute(
              kysely,
            );
          }
          for (const blocks of before) {
            await loadFile(whole, blocks, { file });
            await loadFile(partial, blocks, { file });
          }
          const { rows } = await sql<{ now: string }>`
            select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`.execute(
            whole.kysely,
          );
          const asOf = rows[0]?.now ?? '';
          for (const blocks of after) await loadFile(whole, blocks, { file });

          expect(await responses(whole, asOf)).toEqual(await responses(partial));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('reads only the blocks of the ESIID, as the current view does', async () => {
    const database = await freshDatabase();
    await loadFile(database, [newBlock(), newBlock({ esiid: esiidB })]);
    await sql`analyze interval_blocks`.execute(database.kysely);
    await sql`set enable_seqscan = off`.execute(database.kysely); // the table is too small for an index to pay

    const { rows } = await database.pool.query(
      `explain select * from smt_intervals_as_of(now()) where esiid = '${esiidA}' and usage_date = '2025-01-15'`,
    );

    const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).not.toContain('smt_intervals_as_of'); // inlined
    expect(plan).toMatch(/Index Cond: .*esiid = '10443720000000001'.*usage_date = '2025-01-15'/);
  });
});

describe('The revisions of a day', () => {
  test('are listed with what each changed, and what of it is current', async () => {
    const database = await freshDatabase();
    const first = await loadFile(
      database,
      [newBlock({ kwh: slots({ 0: '1', 1: '2', 2: '3' }), estimated: `1${'0'.repeat(95)}` })],
      { file: { filename: 'first.csv' } },
    );
    const correction = newBlock({
      kwh: slots({ 0: '1', 1: '2.50' }),
      revisedAt: '2025-01-20T00:00:00Z',
      meter: '167',
    });
    const second = await loadFile(database, [correction], {
      file: { filename: 'second.csv', source: 'admin-ui' },
    });

    const revisions = await revisionsOf(database);

    expect(revisions).toMatchObject([
      {
        ...{ channel: 'consumption', revised_at: '2025-01-16T06:00:00.000Z', raw_file_id: first.id },
        ...{ filename: 'first.csv', source: 'droplet-upload', meter: null, kwh: '6', intervals: 3 },
        ...{ estimated_intervals: 1, changed_intervals: 3, current_intervals: 1 },
      },
      {
        ...{ revised_at: '2025-01-20T00:00:00.000Z', raw_file_id: second.id, filename: 'second.csv' },
        ...{ meter: '167', kwh: '3.5', intervals: 2, estimated_intervals: 0 },
        ...{ changed_intervals: 2, current_intervals: 2 }, // an estimate that became actual has changed
      },
    ]);
    expect(revisions[1]?.values.slice(0, 3)).toEqual([
      {
        ...{ start: '2025-01-15T00:00:00-06:00', kwh: '1', estimated: false, current: true },
        ...{ changed: true, previous: { kwh: '1', estimated: true } },
      },
      {
        ...{ start: '2025-01-15T00:15:00-06:00', kwh: '2.5', estimated: false, current: true },
        ...{ changed: true, previous: { kwh: '2', estimated: false } },
      },
      {
        ...{ start: '2025-01-15T00:30:00-06:00', kwh: null, estimated: false, current: false },
        ...{ changed: false, previous: null },
      },
    ]);
    expect(revisions[0]?.values).toHaveLength(96);
  });

  test('have as current what the view has, whatever revisions there are', async () => {
    const database = await freshDatabase();

    await fc.assert(
      fc.asyncProperty(fc.array(anyBlock, { maxLength: 10 }), async (blocks) => {
        await sql`truncate interval_blocks`.execute(database.kysely);
        await loadFile(database, blocks);
        const { rows } = await sql<{ key: string }>`
          select channel || ' ' || to_char(timezone('America/Chicago', ts), 'HH24:MI') || ' ' || trim_scale(kwh) || ' ' || estimated as key
          from smt_intervals where esiid = ${esiidA} and usage_date = '2025-01-15'`.execute(database.kysely);

        const current = (await revisionsOf(database)).flatMap(({ channel, values }) =>
          values
            .filter((value) => value.current)
            .map(({ start, kwh, estimated }) => `${channel} ${start.slice(11, 16)} ${kwh} ${estimated}`),
        );

        expect(current.sort()).toEqual(rows.map(({ key }) => key).sort());
      }),
      { numRuns: 40 },
    );
  });
});
