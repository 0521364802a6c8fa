import type { S3Event } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { objectVersionsOf } from '../../shared/raw-files/object-versions.ts';

function event(key: string, versionId?: string): S3Event {
  const object = { key, versionId, size: 12, eTag: 'abc' };
  const record = { eventTime: '2025-01-02T03:04:05.678Z', s3: { bucket: { name: 'b' }, object } };
  return { Records: [record] } as unknown as S3Event;
}

describe('the object versions of an S3 event', () => {
  test('have their keys decoded: a plus is a blank, an encoded plus a plus', () => {
    const [version] = objectVersionsOf(event('esiid%3D10443720000000001/M%C3%A4rz+1%2B2.csv', 'v1'));

    expect(version).toEqual({
      bucket: 'b',
      objectKey: 'esiid=10443720000000001/März 1+2.csv',
      versionId: 'v1',
      sizeBytes: 12,
      etag: 'abc',
      receivedAt: new Date('2025-01-02T03:04:05.678Z'),
    });
  });

  test('are called null where the object is older than versioning', () => {
    expect(objectVersionsOf(event('a.csv'))[0]?.versionId).toBe('null');
  });

  test('are none in the test event that S3 sends when notifications are set up', () => {
    expect(objectVersionsOf({ Service: 'Amazon S3', Event: 's3:TestEvent' } as unknown as S3Event)).toEqual(
      [],
    );
  });
});
