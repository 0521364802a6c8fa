import type { S3Event } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { ForeignBucketError } from '../../shared/raw-files/foreign-bucket-error.ts';
import type { NotifiedVersion } from '../../shared/raw-files/object-store.ts';
import { registerEvent } from '../../shared/raw-files/register-event.ts';

function record(key: string, changes: { bucket?: string; versionId?: string } = {}) {
  const { bucket = 'raw', versionId } = changes;
  const object = { key, versionId, size: 12, eTag: 'abc' };
  return { eventTime: '2025-01-02T03:04:05.678Z', s3: { bucket: { name: bucket }, object } };
}

/** The versions that an event registers, and its error. */
async function register(Records: unknown[] | undefined, failing?: string) {
  const versions: NotifiedVersion[] = [];
  const error = await registerEvent({ Records } as unknown as S3Event, 'raw', async (version) => {
    if (version.objectKey === failing) throw new Error('the database is down');
    versions.push(version);
  }).catch((thrown: Error) => thrown);
  return { versions, error };
}

describe('the object versions of an S3 event', () => {
  test('have their keys decoded: a plus is a blank, an encoded plus a plus', async () => {
    const { versions } = await register([
      record('esiid%3D10443720000000001/M%C3%A4rz+1%2B2.csv', { versionId: 'v1' }),
    ]);

    expect(versions).toEqual([
      {
        bucket: 'raw',
        objectKey: 'esiid=10443720000000001/März 1+2.csv',
        versionId: 'v1',
        sizeBytes: 12,
        etag: 'abc',
        receivedAt: new Date('2025-01-02T03:04:05.678Z'),
      },
    ]);
  });

  test('are called null where the object is older than versioning', async () => {
    expect((await register([record('a.csv')])).versions).toMatchObject([{ versionId: 'null' }]);
  });

  test('are none in the test event that S3 sends when notifications are set up', async () => {
    expect(await register(undefined)).toEqual({ versions: [], error: undefined });
  });

  test.each([
    ['whose key is not encoded as S3 does', [record('%E0%A4%A')], 'URI malformed'],
    ['that cannot be registered', [record('bad.csv')], 'the database is down'],
    ['of another bucket', [record('a.csv', { bucket: 'elsewhere' })], 'this stack reads raw only'],
  ])('are registered although there is one %s, which fails the event', async (_, [bad], message) => {
    const { versions, error } = await register([record('a.csv'), bad, record('b.csv')], 'bad.csv');

    expect(versions.map(({ objectKey }) => objectKey)).toEqual(['a.csv', 'b.csv']);
    expect((error as Error).message).toContain(message);
  });

  test('of another bucket are rejected by a code of their own', async () => {
    const { error } = await register([record('a.csv', { bucket: 'elsewhere' })]);

    expect(error).toBeInstanceOf(ForeignBucketError);
  });
});
