import { expect, test } from 'vitest';
import { uploadKeyOf } from '../../shared/raw-files/object-key.ts';
import type { NotifiedVersion } from '../../shared/raw-files/object-store.ts';
import type { Database } from '../../shared/storage/database.ts';
import type { firstCheckpoint } from '../../shared/sweep/sweep-checkpoint.ts';
import { sweepScans } from '../../shared/sweep/sweep-scans.ts';
import { freshDatabase } from '../support/database.ts';

/**
 * How soon the sweep finds an object whose event was lost, beside a year of uploads by a million meters: the sweep's own code
 * over a simulated listing, in which one version stands for a page of a thousand.
 */
const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const intervalMs = 5 * minuteMs;
const graceMs = 10 * minuteMs;
/** The morning's delivery is over for an hour. */
const startMs = Date.parse('2026-06-30T09:00:00Z');
const pagesADay = 1_000;
const days = 365;
const pagesOfDrops = 50;

const version = (objectKey: string, receivedAtMs: number): NotifiedVersion => ({
  ...{ bucket: 'raw', objectKey, versionId: 'v', etag: 'e', sizeBytes: 1 },
  receivedAt: new Date(receivedAtMs),
});

function upload(requestedAtMs: number, page: number, filename = 'a.csv'): NotifiedVersion {
  const sha256 = page.toString(16).padStart(64, '0');
  const requestedAt = new Date(requestedAtMs);
  return version(
    uploadKeyOf({ requestedAt, source: 'droplet-upload', esiid: null, sha256, filename }),
    requestedAtMs,
  );
}

/** In the order of keys: dropped files, a year of uploads, each day's within two hours from six in the morning. */
function yearOfObjects(): NotifiedVersion[] {
  const objects: NotifiedVersion[] = [];
  for (let page = 0; page < pagesOfDrops; page++) {
    objects.push(version(`drops/${String(page).padStart(6, '0')}.csv`, startMs - 30 * dayMs));
  }
  for (let day = days; day > 0; day--) {
    const deliveryMs = startMs - 3 * hourMs - (day - 1) * dayMs;
    for (let page = 0; page < pagesADay; page++) {
      const hour = page < pagesADay / 2 ? 0 : 1;
      objects.push(upload(deliveryMs + hour * hourMs + minuteMs, page));
    }
  }
  return objects;
}

/** Pages of the listing, each of them one object. */
function bucketOf(objects: readonly NotifiedVersion[]) {
  const after = (marker: string) => {
    let [low, high] = [0, objects.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((objects[middle]?.objectKey ?? '') <= marker) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    list: async (cursor: { readonly keyMarker: string } | null, prefix = '') => {
      const at = objects[after(cursor && cursor.keyMarker > prefix ? cursor.keyMarker : prefix)];
      if (!at?.objectKey.startsWith(prefix)) return { versions: [], next: null };
      return { versions: [at], next: { keyMarker: at.objectKey } };
    },
  };
}

/** Runs the sweep every five minutes until it registers an object. @returns how long that takes after it came */
async function timeToFind(
  database: Database,
  objects: NotifiedVersion[],
  lost: NotifiedVersion,
): Promise<number> {
  objects.push(lost);
  objects.sort((one, other) => (one.objectKey < other.objectKey ? -1 : 1));
  const bucket = bucketOf(objects);
  const found: string[] = [];
  // All objects from before were found registered; the scans begin at the worst moment, just when the object came.
  const verified = { verifiedUntil: new Date(startMs - minuteMs + 6 * hourMs), pass: null, registered: [] };
  let scans: typeof firstCheckpoint.scans = { recent: verified, drops: verified, uploads: verified };
  for (let nowMs = startMs; ; nowMs += intervalMs) {
    const result = await sweepScans(scans, {
      ...{ bucket, graceMs, hasTime: () => true, now: () => new Date(nowMs), database: async () => database },
      register: async ({ objectKey }) => found.push(objectKey) > 0,
      onError: () => undefined,
      onCursorRejected: () => undefined,
    });
    scans = result.scans;
    if (found.includes(lost.objectKey)) return nowMs - startMs;
  }
}

test('At 365 million objects a lost event is found by its kind of key', async () => {
  const database = await freshDatabase();
  const year = yearOfObjects();
  expect(year).toHaveLength(365_050);

  const minutes = async (lost: NotifiedVersion) => {
    const ms = await timeToFind(database, [...year], { ...lost, receivedAt: new Date(startMs) });
    return ms / minuteMs;
  };

  expect(await minutes(upload(startMs - minuteMs, 0, 'lost.csv'))).toBeLessThanOrEqual(60);
  expect(await minutes(version('drops/lost.csv', startMs))).toBeLessThanOrEqual(30);
  expect(await minutes(version('z/lost.csv', startMs))).toBeLessThanOrEqual(30);
  const lateDays = (await minutes(upload(startMs - 40 * dayMs, 0, 'late.csv'))) / (24 * 60);
  expect(lateDays).toBeGreaterThan(7); // only the pass over all uploads finds it
  expect(lateDays).toBeLessThanOrEqual(64);
}, 120_000);
