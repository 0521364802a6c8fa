import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeKey, isRawFileKey, uploadKeyOf, uploadPrefixOf } from '../../shared/raw-files/object-key.ts';

const sha256 = 'ab'.repeat(32);
const requestedAt = new Date('2026-03-09T05:59:59Z');

describe('the key of an upload', () => {
  test('says what was asked for, whatever the filename', () => {
    const filename = fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => !name.includes('/'));
    const esiid = fc.constantFrom(null, '10443720000000001', '1008901000000000000001');

    fc.assert(
      fc.property(filename, esiid, (name, hint) => {
        const key = uploadKeyOf({
          requestedAt,
          source: 'droplet-upload',
          esiid: hint,
          sha256,
          filename: name,
        });

        expect(describeKey(key)).toEqual({ source: 'droplet-upload', esiid: hint, filename: name });
      }),
    );
  });

  test('sorts by the hour in which the upload was requested, after all prefixes of earlier hours', () => {
    const nextHour = new Date('2026-03-09T06:00:00Z');
    const parts = { requestedAt, source: 'zz', esiid: null, sha256, filename: 'z.csv' };

    expect(uploadKeyOf(parts)).toMatch(/^uploads\/2026-03-09T05\/zz\//);
    expect(uploadKeyOf(parts) < uploadPrefixOf(nextHour)).toBe(true);
    expect(uploadKeyOf({ ...parts, requestedAt: nextHour }) > uploadPrefixOf(nextHour)).toBe(true);
  });

  test('is the same for the same upload within the hour, and another for another hint', () => {
    const parts = { requestedAt, source: 'admin-ui', esiid: null, sha256, filename: 'a.csv' };

    expect(uploadKeyOf(parts)).toBe(uploadKeyOf({ ...parts }));
    expect(uploadKeyOf(parts)).not.toBe(uploadKeyOf({ ...parts, esiid: '10443720000000001' }));
  });
});

describe('the key of a dropped file', () => {
  test('makes it a console drop named by its last segment', () => {
    expect(describeKey('2022/März 1.csv')).toEqual({
      source: 'console-drop',
      esiid: null,
      filename: 'März 1.csv',
    });
  });

  test('gives an ESIID hint by a segment of its own, and only by a whole one', () => {
    expect(describeKey('esiid=10443720000000001/a.csv').esiid).toBe('10443720000000001');
    expect(describeKey('x/esiid=1008901000000000000001/a.csv').esiid).toBe('1008901000000000000001');
    expect(describeKey('x/esiid=123/a.csv').esiid).toBeNull();
    expect(describeKey('x/noesiid=10443720000000001/a.csv').esiid).toBeNull();
    expect(describeKey('esiid=10443720000000001').esiid).toBeNull();
  });

  test('does not become an upload by standing below the upload prefix', () => {
    expect(describeKey('uploads/by-hand.csv').source).toBe('console-drop');
  });
});

describe('an object that is no raw file', () => {
  test('is the empty one the S3 console creates for a folder, or one of the system itself', () => {
    expect(isRawFileKey('folder/', 0)).toBe(false);
    expect(isRawFileKey('_smt-ingest/sweep.json', 10)).toBe(false);
  });

  test('is not an empty file, nor one with a slash at its end that has bytes', () => {
    expect(isRawFileKey('empty.csv', 0)).toBe(true);
    expect(isRawFileKey('odd/', 5)).toBe(true);
  });
});
