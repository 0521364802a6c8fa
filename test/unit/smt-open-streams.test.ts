import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../../shared/archive/byte-source.ts';
import { defaultArchiveLimits } from '../../shared/archive/limits.ts';
import { type BlockSink, type RawFileOptions, readRawFile } from '../../shared/smt/read-raw-file.ts';
import { isoInstants, portal2022, writeFile } from '../support/smt-dialects.ts';
import { dates, meterDay } from '../support/smt-meter.ts';
import { writeZip, zip } from '../support/smt-zip.ts';

/** More than the buffers of all streams hold, and incompressible. */
const noise = Array.from({ length: 32_768 }, (_, i) =>
  createHash('sha256').update(String(i)).digest('hex'),
).join('');
const readings = dates('2022-01-01', 90).flatMap((date) => meterDay({ date, milliKwh: (slot) => slot }));

const addresses = Buffer.from(`ESIID,METER_NUMBER,PREMISE_ADDRESS,CITY,ZIP\n${noise}`);
const note = Buffer.from(`Dear reader\n${noise}`);
const picture = Buffer.from(`\x89PNG\r\n${noise}`, 'latin1');
const nobodys = Buffer.from(writeFile(isoInstants, readings));
const intervals = Buffer.from(writeFile(portal2022, readings));
const message = Buffer.from(`-----BEGIN PGP MESSAGE-----\n\n${noise}`);

const unread: readonly [string, Buffer][] = [
  ['ignored', addresses],
  ['unknown-header', note],
  ['binary-file', picture],
  ['esiid-unknown', nobodys],
  ['pgp-key-missing', message],
];

/** A source in small pieces that counts its streams as S3 would its connections: from the first read until closed. */
function countingSource(bytes: Buffer) {
  const streams = { opened: 0, open: 0, mostOpen: 0 };
  async function* pieces(startByte: number, endByte: number): AsyncGenerator<Buffer> {
    streams.opened++;
    streams.open++;
    streams.mostOpen = Math.max(streams.mostOpen, streams.open);
    try {
      for (let at = startByte; at < endByte; at += 16_384)
        yield bytes.subarray(at, Math.min(endByte, at + 16_384));
    } finally {
      streams.open--;
    }
  }
  const source: ByteSource = {
    sizeBytes: bytes.length,
    stream: (startByte, endByte) => Readable.from(pieces(startByte, endByte), { objectMode: false }),
  };
  return { streams, source };
}

async function read(bytes: Buffer, options: Partial<RawFileOptions> = {}, sink: BlockSink = () => {}) {
  const { streams, source } = countingSource(bytes);
  const report = await readRawFile(
    source,
    { filename: 'a', esiidHint: null, receivedAt: new Date(), ...options },
    sink,
  ).catch((error: Error) => error);
  await new Promise(setImmediate); // a destroyed stream closes a tick later
  return { streams, report };
}

describe.each(unread)('The streams of a file that ends %s are closed', (outcome, bytes) => {
  const other = zip({ 'a.csv': bytes, 'b.csv': bytes });
  test.each<[string, Buffer]>([
    ['plain', bytes],
    ['in gzip', gzipSync(bytes)],
    ['in gzip in gzip', gzipSync(gzipSync(bytes))],
    ['in zip', other],
    ['stored in zip', writeZip([{ name: 'a.csv', bytes, isStored: true }]).bytes],
    ['in gzip in zip', zip({ 'a.csv.gz': gzipSync(bytes) })],
    ['in zip in zip', zip({ 'a.zip': other, 'b.csv': bytes })],
  ])('%s', async (_, content) => {
    const { report, streams } = await read(content);

    expect(report).toMatchObject(outcome === 'ignored' ? { status: outcome } : { errorCode: outcome });
    expect(streams.opened).toBeGreaterThan(0);
    expect(streams.open).toBe(0);
  });
});

describe('Streams are closed, whatever ends the reading', () => {
  const damaged = Buffer.from(gzipSync(intervals)).fill(0xff, 1_000, 1_100);
  const { bytes: damagedZip, dataOffsets } = writeZip([{ name: 'a.csv', bytes: intervals }]);
  damagedZip.fill(0xff, (dataOffsets[0] ?? 0) + 200, (dataOffsets[0] ?? 0) + 220);
  const bomb = Buffer.concat([Buffer.from(noise), Buffer.alloc(64 * 1024 ** 2)]);
  test.each<[string, Buffer, Partial<RawFileOptions>]>([
    ['corrupt-gzip', damaged, {}],
    ['corrupt-zip', damagedZip, {}],
    ['archive-too-large', gzipSync(intervals), { limits: { ...defaultArchiveLimits, maxUnpackedBytes: 99 } }],
    ['archive-too-large', intervals, { limits: { ...defaultArchiveLimits, maxMembers: 0 } }],
    [
      'archive-too-large',
      zip({ 'a.zip': zip({ b: bomb }) }),
      { limits: { ...defaultArchiveLimits, maxNestedBytes: 99 } },
    ],
    ['archive-too-deep', gzipSync(gzipSync(note)), { limits: { ...defaultArchiveLimits, maxDepth: 1 } }],
    ['spreadsheet', zip({ '[Content_Types].xml': '<x/>', b: note }), {}],
  ])('%s', async (errorCode, content, options) => {
    const { report, streams } = await read(content, options);

    expect(report).toMatchObject({ errorCode });
    expect(streams.opened).toBeGreaterThan(0);
    expect(streams.open).toBe(0);
  });

  test.each<[string, Buffer]>([
    ['plain', intervals],
    ['gzip', gzipSync(intervals)],
    ['zip', zip({ 'a.csv': intervals })],
    ['zip in zip', zip({ 'a.zip': zip({ 'a.csv': intervals }) })],
    ['gzip in zip', zip({ 'a.csv.gz': gzipSync(intervals) })],
  ])('a database that fails: %s', async (_, content) => {
    const failure = new Error('no database');
    const { report, streams } = await read(content, {}, () => {
      throw failure;
    });

    expect(report).toBe(failure);
    expect(streams.open).toBe(0);
  });
});

test('An archive is read with few streams at a time, however many members are skipped', async () => {
  const skipped = Array.from({ length: 60 }, (_, index) => ({
    name: `${index}.csv`,
    bytes: addresses,
    isStored: true,
  }));
  const { bytes } = writeZip([...skipped, { name: 'interval.csv', bytes: intervals }]);

  const { report, streams } = await read(bytes);

  expect(report).toMatchObject({ status: 'normalized' });
  expect(streams.mostOpen).toBeLessThan(10);
  expect(streams.open).toBe(0);
});
