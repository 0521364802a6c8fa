import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodeResponse } from '../../shared/http/encode-response.ts';
import { getEvent } from '../support/api-event.ts';

const long = { text: 'kWh '.repeat(1000) };

function asked(acceptEncoding?: string) {
  const headers = acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding };
  return getEvent('/api/usage', {}, { headers });
}

test.each(['gzip', 'br, gzip;q=0.5', 'GZIP', '*'])(
  'A long response is compressed for a client that accepts %s',
  async (accepted) => {
    const response = await encodeResponse(asked(accepted), { status: 200, body: long });

    expect(response.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(response.isBase64Encoded).toBe(true);
    const bytes = Buffer.from(response.body ?? '', 'base64');
    expect(JSON.parse(gunzipSync(bytes).toString())).toEqual(long);
  },
);

test.each([undefined, 'br', 'identity', 'gzip;q=0', 'gzip; q=0.0'])(
  'It is not compressed for a client that accepts %s',
  async (accepted) => {
    const response = await encodeResponse(asked(accepted), { status: 200, body: long });

    expect(response.headers).not.toHaveProperty('content-encoding');
    expect(JSON.parse(response.body ?? '')).toEqual(long);
  },
);

test('A short response is not compressed, and not cacheable', async () => {
  const response = await encodeResponse(asked('gzip'), { status: 404, body: { ok: false } });

  expect(response).toMatchObject({ statusCode: 404, body: '{"ok":false}' });
  expect(response.headers).toMatchObject({
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
});

test('Bytes are sent as base64, with the headers of the route', async () => {
  const body = new Uint8Array([0, 255, 128]);

  const response = await encodeResponse(asked(), {
    status: 200,
    body,
    headers: { 'content-type': 'image/png', 'cache-control': 'public' },
  });

  expect(Buffer.from(response.body ?? '', 'base64')).toEqual(Buffer.from(body));
  expect(response.headers).toMatchObject({ 'content-type': 'image/png', 'cache-control': 'public' });
});

describe('A response that revalidates', () => {
  const respond = (body: object, headers: Record<string, string> = {}, status = 200) =>
    encodeResponse(getEvent('/api/usage', {}, { headers }), { status, body, revalidates: true });

  test('has an ETag, which a client that sends it back gets 304 for, without a body', async () => {
    const first = await respond(long);
    const etag = String(first.headers?.etag);

    for (const sent of [etag, `"other", ${etag}`, etag.replace('W/', ''), '*']) {
      const again = await respond(long, { 'if-none-match': sent, 'accept-encoding': 'gzip' });
      expect(again).toMatchObject({
        statusCode: 304,
        headers: { etag, 'cache-control': 'private, no-cache' },
      });
      expect(again.body).toBeUndefined();
    }
    expect(first.headers?.vary).toContain('authorization');
  });

  test('is sent again once the data has changed', async () => {
    const { headers } = await respond(long);
    const changed = await respond({ text: 'other' }, { 'if-none-match': String(headers?.etag) });

    expect(changed.statusCode).toBe(200);
    expect(changed.headers?.etag).not.toBe(headers?.etag);
  });

  test('has none when it is an error', async () => {
    const failed = await respond({ ok: false }, { 'if-none-match': '*' }, 503);

    expect(failed.statusCode).toBe(503);
    expect(failed.headers).not.toHaveProperty('etag');
  });
});
