import type { S3Event } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { objectVersionsOf } from '../../functions/register/object-versions.ts';

function event(key: string, versionId?: string): S3Event {
  return { Records: [{ s3: { bucket: { name: 'b' }, object: { key, versionId } } }] } as unknown as S3Event;
}

describe('the object versions of an S3 event', () => {
  it('have their keys decoded: a plus is a blank, an encoded plus a plus', () => {
    const [version] = objectVersionsOf(event('esiid%3D10443720000000001/M%C3%A4rz+1%2B2.csv', 'v1'));

    expect(version).toEqual({
      bucket: 'b',
      objectKey: 'esiid=10443720000000001/März 1+2.csv',
      versionId: 'v1',
    });
  });

  it('are called null where the object is older than versioning', () => {
    expect(objectVersionsOf(event('a.csv'))[0]?.versionId).toBe('null');
  });

  it('are none in the test event that S3 sends when notifications are set up', () => {
    expect(objectVersionsOf({ Service: 'Amazon S3', Event: 's3:TestEvent' } as unknown as S3Event)).toEqual(
      [],
    );
  });
});
