import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { rawUploadRoutes } from '../../functions/raw-upload/routes.ts';
import { checkSize } from '../../functions/raw-upload/upload-request.ts';
import { HttpError } from '../../shared/http/errors.ts';
import { readRequest } from '../../shared/http/read-request.ts';

const valid = { filename: 'a.csv', size_bytes: 10, sha256: 'AB'.repeat(32) };

function read(body: unknown) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readRequest(rawUploadRoutes.requestUpload, { body: text } as APIGatewayProxyEventV2).body;
}

function errorOf(body: unknown): HttpError {
  try {
    read(body);
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
  throw new Error('the body was accepted');
}

describe('an upload request', () => {
  test('needs a filename, a size and a hash; the rest has defaults', () => {
    expect(read(valid)).toEqual({
      ...valid,
      sha256: 'ab'.repeat(32),
      source: 'droplet-upload',
      content_type: 'text/csv',
      dry_run: false,
    });
  });

  test('may use the names of the old clients', () => {
    const old = {
      filename: 'a.csv',
      sizeBytes: 10,
      sha256: valid.sha256,
      receivedAt: '2025-01-02T03:04:05Z',
      contentType: 'application/zip',
    };

    expect(read(old)).toMatchObject({
      size_bytes: 10,
      content_type: 'application/zip',
      received_at: new Date('2025-01-02T03:04:05Z'),
    });
  });

  test('may have fields that are not known here, as the old clients send them', () => {
    const request = read({ ...valid, storagePath: '/home/deploy/a.csv', meter: 'M1', postIngest: true });

    expect(request).toEqual(read(valid));
  });

  test('may leave open when the file was received, by null too', () => {
    expect(read({ ...valid, received_at: null }).received_at ?? null).toBeNull();
    expect(read(valid).received_at ?? null).toBeNull();
  });

  test.each([
    '2025-01-02T03:04:05Z',
    '2025-01-02T03:04:05.678+00:00',
    '2025-01-01T22:04:05-05:00',
    '1970-01-01T00:00:00Z',
  ])('may have received its file at %s', (received_at) => {
    expect(read({ ...valid, received_at }).received_at).toEqual(new Date(received_at));
  });

  test('names a file, not a path', () => {
    expect(read({ ...valid, filename: '/srv/inbox/März.CSV' }).filename).toBe('März.CSV');
    expect(read({ ...valid, filename: 'C:\\smt\\a.csv' }).filename).toBe('a.csv');
  });

  test.each([
    ['no filename', { filename: undefined }, 'filename'],
    ['a filename that is none', { filename: '..' }, 'filename'],
    ['control characters in the filename', { filename: 'a\n.csv' }, 'filename'],
    ['a filename too long for a key', { filename: 'x'.repeat(601) }, 'filename'],
    ['a negative size', { size_bytes: -1 }, 'size_bytes'],
    ['a size that is no whole number', { size_bytes: 1.5 }, 'size_bytes'],
    ['a size as text', { size_bytes: '10' }, 'size_bytes'],
    ['a short hash', { sha256: 'abc' }, 'sha256'],
    ['a source with blanks', { source: 'my upload' }, 'source'],
    ['half a surrogate pair in the filename', { filename: '\ud800.csv' }, 'filename'],
    ['a time that is none', { received_at: 'yesterday' }, 'received_at'],
    ['a time without offset', { received_at: '2025-01-02T03:04:05' }, 'received_at'],
    ['a day that is none', { received_at: '2025-02-30T03:04:05Z' }, 'received_at'],
    ['a time before all time', { received_at: '-200000-01-01T00:00:00Z' }, 'received_at'],
    ['a number as time', { received_at: 1_735_787_045 }, 'received_at'],
    ['a media type with a line break', { content_type: 'text/csv\r\nx: y' }, 'content_type'],
    [
      'a media type with a line break before its parameter',
      { content_type: 'text/csv\r\n; x=y' },
      'content_type',
    ],
    ['a media type that is too long', { content_type: `text/csv;${' ;'.repeat(100_000)}!` }, 'content_type'],
    ['an ESIID with letters', { esiid: '1.04437E+16' }, 'esiid'],
  ])('with %s is rejected by the name of the field', (_, change, field) => {
    const error = errorOf({ ...valid, ...change });

    expect(error.status).toBe(400);
    expect(error.code).toBe('invalid-request');
    expect(error.details).toEqual([{ field, message: expect.any(String) }]);
    expect(error.message).toContain(field);
  });

  test('names every field that is wrong at once', () => {
    const { details } = errorOf({});

    expect((details as { field: string }[]).map(({ field }) => field)).toEqual([
      'filename',
      'size_bytes',
      'sha256',
    ]);
  });

  test.each([
    ['nothing', ''],
    ['broken JSON', '{"filename":'],
  ])('that is %s is rejected as invalid JSON', (_, body) => {
    expect(errorOf(body)).toMatchObject({ status: 400, code: 'invalid-json' });
  });

  test.each([
    ['an array', '[]'],
    ['null', 'null'],
  ])('that is %s is rejected', (_, body) => {
    expect(errorOf(body)).toMatchObject({ status: 400, code: 'invalid-request' });
  });

  test('may name 5 GiB and not a byte more', () => {
    expect(() => checkSize(5 * 1024 ** 3)).not.toThrow();
    expect(() => checkSize(5 * 1024 ** 3 + 1)).toThrow(
      expect.objectContaining({ status: 413, code: 'too-large' }),
    );
  });
});
