import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ByteSource } from '../../shared/archive/byte-source.ts';
import { defaultArchiveLimits } from '../../shared/archive/limits.ts';
import { readRawFile } from '../../shared/smt/read-raw-file.ts';
import { portal2022, writeFile } from '../support/smt-dialects.ts';
import { meterDay } from '../support/smt-meter.ts';
import { chunkedSource, intervalsOf, intervalsOfReadings, readBytes } from '../support/smt-read.ts';
import { writeZip, type ZipMember } from '../support/smt-zip.ts';

const first = meterDay({ date: '2022-07-01' });
const second = meterDay({ date: '2022-07-02' });
const a: ZipMember = { name: 'a.csv', bytes: Buffer.from(writeFile(portal2022, first)) };
const b: ZipMember = { name: 'b.csv', bytes: Buffer.from(writeFile(portal2022, second)) };
const folder: ZipMember = { name: 'folder/', bytes: Buffer.alloc(0), isStored: true };
const localExtra = Buffer.from('UT\x1c\0'.padEnd(32, '\x01'), 'latin1');

/** A source that counts what is asked of it. */
function countedSource(bytes: Buffer) {
  const source = chunkedSource(bytes, 65_536);
  const asked = { requests: 0, bytes: 0 };
  const counted: ByteSource = {
    sizeBytes: source.sizeBytes,
    stream(startByte, endByte) {
      asked.requests++;
      asked.bytes += endByte - startByte;
      return source.stream(startByte, endByte);
    },
  };
  return { counted, asked };
}

async function readCounted(bytes: Buffer) {
  const { counted, asked } = countedSource(bytes);
  const options = { filename: 'a.zip', esiidHint: null, receivedAt: new Date('2023-01-01') };
  const report = await readRawFile(counted, options, () => undefined);
  return { report, asked };
}

describe('A zip is read whole when everything in it is listed', () => {
  test.each<[string, ZipMember[]]>([
    [
      'descriptors after the data',
      [
        { ...a, hasDescriptor: true },
        { ...b, hasDescriptor: true },
      ],
    ],
    ['extra fields in its local headers', [{ ...a, localExtra }, folder, { ...b, localExtra }]],
    [
      'both',
      [
        { ...a, localExtra, hasDescriptor: true },
        { ...b, localExtra, hasDescriptor: true },
      ],
    ],
    [
      'zeros between its entries',
      [
        { ...a, gap: Buffer.alloc(100_000) },
        { ...b, gap: Buffer.alloc(64) },
      ],
    ],
  ])('and it has %s', async (_, members) => {
    const { report, blocks } = await readBytes(writeZip(members).bytes);

    expect(report).toMatchObject({ status: 'normalized' });
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings([...first, ...second]));
  });
});

describe('A zip is rejected, with the offset', () => {
  test.each<[string, ZipMember[], number]>([
    ['when its first entry is not listed', [{ ...a, isUnlisted: true }, b], 0],
    ['when a later entry is not listed', [folder, { ...a, isUnlisted: true }, b], 37],
    ['when its last entry is not listed', [folder, { ...a, isUnlisted: true }], 37],
    [
      'when other bytes stand between its entries',
      [{ ...folder, gap: Buffer.from(`${'\0'.repeat(40)}x`) }, a],
      77,
    ],
  ])('%s', async (_, members, offset) => {
    const { report, blocks } = await readBytes(writeZip(members).bytes);

    expect(report).toMatchObject({ status: 'failed', errorCode: 'corrupt-zip' });
    expect(report.errorMessage).toContain(`at byte ${offset}.`);
    expect(blocks).toEqual([]);
  });

  test('when two entries of its directory are the same bytes', async () => {
    const { bytes } = writeZip([a, b]);
    const secondEntry = bytes.lastIndexOf('PK\x01\x02');
    bytes.writeUInt32LE(0, secondEntry + 42);

    expect((await readBytes(bytes)).report).toMatchObject({
      status: 'failed',
      errorCode: 'corrupt-zip',
      errorMessage: expect.stringContaining('overlaps'),
    });
  });
});

describe('The requests for a zip are few', () => {
  const report = Buffer.from('ESIID,METER_NUMBER,CITY\n10443720000000001,1,Austin\n');

  test('however many members and folders it has', async () => {
    const members = Array.from({ length: 2_000 }, (_, index) => [
      { name: `folder-${index}/`, bytes: Buffer.alloc(0), isStored: true },
      { name: `folder-${index}/report.csv`, bytes: report, hasDescriptor: true, localExtra },
    ]).flat();

    const { report: read, asked } = await readCounted(writeZip(members).bytes);

    expect(read).toMatchObject({ status: 'ignored', members: { length: 2_000 } });
    expect(asked.requests).toBeLessThan(10);
  });

  test('and read little more than the archive, whose large members are streamed', async () => {
    const noise = (megabytes: number) => randomBytes(megabytes * 1024 ** 2).toString('hex');
    const members = [1, 8, 1, 1].map((megabytes, index) => ({
      name: `${index}.txt`,
      bytes: Buffer.from(`Report ${index}\n${noise(megabytes)}`),
      isStored: true,
    }));
    const { bytes } = writeZip(members);

    const { report: read, asked } = await readCounted(bytes);

    expect(read.members).toHaveLength(4);
    expect(asked.requests).toBeLessThan(15);
    expect(asked.bytes).toBeLessThan(2.5 * bytes.length);
  });

  test('since the archive is not opened when it has more entries than allowed, folders included', async () => {
    const maxMembers = 5;
    const folders = Array.from({ length: 6 }, (_, index) => ({ ...folder, name: `${index}/` }));
    const limits = { ...defaultArchiveLimits, maxMembers };

    const { report: read } = await readBytes(writeZip(folders).bytes, { limits });

    expect(read).toMatchObject({
      errorCode: 'archive-too-large',
      errorMessage: expect.stringContaining('folders'),
    });
  });
});
