import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { getRawFileDetail } from '../../functions/raw-files/detail.ts';
import { listRawFiles } from '../../functions/raw-files/list.ts';
import { rawFileRoutes } from '../../functions/raw-files/routes.ts';
import { getCoverage } from '../../functions/usage/coverage.ts';
import { usageRoutes } from '../../functions/usage/routes.ts';
import { getUsage } from '../../functions/usage/usage.ts';
import { type ApiResponse, encodeResponse } from '../../shared/http/encode-response.ts';
import { readRequest } from '../../shared/http/read-request.ts';
import { addDays, clockDay } from '../../shared/intervals/clock.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { getEvent } from '../support/api-event.ts';
import { freshDatabase } from '../support/database.ts';
import { esiidA, loadFile, newBlock, newMember, newRawFile, slots } from '../support/rows.ts';

const maxLambdaBytes = 6 * 1024 ** 2;
/** The widest character of UTF-8 that is one character of a string. */
const wide = '語';

/** The body that a client without gzip receives. */
async function bodyOf(event: APIGatewayProxyEventV2, response: ApiResponse) {
  const encoded = await encodeResponse(event, response);
  expect(encoded.statusCode).toBe(200);
  expect(Buffer.byteLength(JSON.stringify(encoded))).toBeLessThan(maxLambdaBytes);
  return JSON.parse(encoded.body ?? '');
}

/** All pages of a list, joined. */
async function pagesOf<Row>(
  path: string,
  query: Record<string, string>,
  read: (event: APIGatewayProxyEventV2) => Promise<ApiResponse>,
  rowsOf: (body: { files: Row[]; rows: Row[] }) => readonly Row[],
) {
  const pages: (readonly Row[])[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const event = getEvent(path, { ...query, cursor });
    const body = await bodyOf(event, await read(event));
    pages.push(rowsOf(body));
    cursor = body.next_cursor;
  }
  return { pageCount: pages.length, rows: pages.flat() };
}

test('Two hundred files with the longest names and messages are listed', async () => {
  const database = await freshDatabase();
  const { id } = await registerRawFile(database, newRawFile());
  await sql`update raw_files set status = 'failed', error_code = 'members-failed', error_message = repeat(${wide}, 10000),
    object_key = repeat('"', 1000), filename = repeat('"', 900) where id = ${id}`.execute(database.kysely);
  await sql`insert into raw_files (bucket, object_key, version_id, filename, size_bytes, source, received_at, status,
      error_code, error_message)
    select bucket, object_key || number, version_id, filename, size_bytes, source, received_at, status, error_code, error_message
    from raw_files, generate_series(1, 199) number`.execute(database.kysely);

  const { rows } = await pagesOf<{ id: string }>(
    '/api/admin/smt/raw-files',
    { limit: '200' },
    (event) => listRawFiles(database, readRequest(rawFileRoutes.listRawFiles, event).query),
    ({ files }) => files,
  );

  expect(new Set(rows.map((file) => file.id)).size).toBe(200);
});

test('A file of two thousand failed members shows as many as fit, and how many there are', async () => {
  const database = await freshDatabase();
  const name = wide.repeat(64 * 1024);
  const members = Array.from({ length: 2_000 }, () =>
    newMember({ name, errorCode: 'corrupt-zip', errorMessage: name }),
  );
  const { id } = await loadFile(database, [], {
    result: { status: 'failed', errorCode: 'corrupt-zip', errorMessage: name, members },
  });

  const { file } = await bodyOf(getEvent('/'), await getRawFileDetail(database, id));

  expect(file.member_count).toBe(2_000);
  expect(file.members.length).toBeGreaterThan(100);
});

test('Hourly sums of five years come in pages that a client without gzip can receive', async () => {
  const database = await freshDatabase();
  const dates = Array.from({ length: 1_700 }, (_, index) => addDays('2019-01-01', index));
  await loadFile(
    database,
    dates.map((usageDate) =>
      newBlock({
        usageDate,
        kwh: Array.from({ length: clockDay(usageDate).slotCount }, () => '12345.12345'),
      }),
    ),
  );

  const { pageCount, rows } = await pagesOf<{ start: string }>(
    '/api/usage',
    { esiid: esiidA, resolution: 'hour' },
    (event) => getUsage(database, readRequest(usageRoutes.getUsage, event)),
    (body) => body.rows,
  );

  expect(pageCount).toBe(2);
  const hours = dates.reduce((sum, date) => sum + clockDay(date).slotCount / 4, 0);
  expect(new Set(rows.map(({ start }) => start)).size).toBe(hours);
  expect(rows).toHaveLength(hours);
});

test('Coverage lists the first five thousand gaps, and says how many there are', async () => {
  const database = await freshDatabase();
  const everyOther = slots(Object.fromEntries(Array.from({ length: 48 }, (_, pair) => [2 * pair, '1'])));
  const dates = Array.from({ length: 150 }, (_, index) => addDays('2024-04-01', index));
  await loadFile(
    database,
    dates.map((usageDate) => newBlock({ usageDate, kwh: everyOther })),
  );
  const event = getEvent('/api/usage/coverage', { esiid: esiidA });

  const body = await bodyOf(event, await getCoverage(database, readRequest(usageRoutes.getCoverage, event)));

  expect(body.gap_count).toBe(150 * 48);
  expect(body.gaps).toHaveLength(5_000);
});

test('A response that cannot be sent is an error that says so, and is sent to a client that accepts gzip', async () => {
  const body = {
    ok: true,
    days: Array.from({ length: 200_000 }, (_, index) => ({ usage_date: `day ${index} "quoted"`, kwh: '1' })),
  };
  const compressed = await encodeResponse(getEvent('/', {}, { headers: { 'accept-encoding': 'gzip' } }), {
    status: 200,
    body,
  });

  const plain = await encodeResponse(getEvent('/'), { status: 200, body });

  expect(compressed.statusCode).toBe(200);
  expect(plain.statusCode).toBe(400);
  expect(JSON.parse(plain.body ?? '')).toMatchObject({ ok: false, error: 'response-too-large' });
});
