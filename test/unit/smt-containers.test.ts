import { randomBytes } from 'node:crypto';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { defaultArchiveLimits } from '../../shared/archive/limits.ts';
import { excelTabs, isoInstants, portal2022, writeFile } from '../support/smt-dialects.ts';
import { dates, esiid, meterDay, type Reading } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, nonZero, readBytes } from '../support/smt-read.ts';
import { writeZip, zip } from '../support/smt-zip.ts';

/** Values that compress badly, so that there is data to truncate and damage. */
const noise = randomBytes(40_000);
const [first = [], second = [], third = []] = dates('2022-07-01', 3).map((date, day) =>
  meterDay({ date, milliKwh: (slot) => noise.readUInt16LE((day * 96 + slot) * 2) }),
);
const csv = (readings: readonly Reading[]): Buffer => Buffer.from(writeFile(portal2022, readings));
const dailyReport = Buffer.from(
  `ESIID,USAGE_DATE,REVISION_DATE,START_READING,END_READING,USAGE_KWH\n'${esiid},07/01/2022,07/02/2022 06:00:00,1,3.5,2.5\n`,
);
const addresses = Buffer.from('ESIID,METER_NUMBER,PREMISE_ADDRESS,CITY,ZIP\n');

describe('Containers are known by what they hold, not by their names', () => {
  test.each<[string, Buffer, number]>([
    ['plain', csv(first), 1],
    ['gzip', gzipSync(csv(first)), 1],
    [
      'gzip of several members',
      Buffer.concat([gzipSync(csv(first).subarray(0, 1000)), gzipSync(csv(first).subarray(1000))]),
      1,
    ],
    ['gzip in gzip', gzipSync(gzipSync(csv(first))), 1],
    ['zip', zip({ 'IntervalData.CSV': csv(first) }), 1],
    ['zip, stored', writeZip([{ name: 'a.csv', bytes: csv(first), isStored: true }]).bytes, 1],
    [
      'zip with folders and what macOS adds',
      zip({ 'a/': '', 'a/B/': '', 'a/B/C.CSV': csv(first), '__MACOSX/a/B/._C.CSV': 'x', 'a/.DS_Store': 'x' }),
      1,
    ],
    ['zip with two files', zip({ 'a.csv': csv(first), 'b.csv': csv(second) }), 2],
    ['the same in another order', zip({ 'b.csv': csv(second), 'a.csv': csv(first) }), 2],
    ['gzip in zip', zip({ 'a.csv.gz': gzipSync(csv(first)) }), 1],
    ['zip in zip', zip({ 'day.zip': zip({ 'a.csv': csv(first) }), 'b.csv': csv(second) }), 2],
    ['zip in gzip', gzipSync(zip({ 'a.csv': csv(first) })), 1],
    [
      'zip with names that lead elsewhere',
      zip({ '../../etc/cron.d/a.csv': csv(first), '/b.csv': csv(second), 'C:\\c.csv': csv(third) }),
      3,
    ],
  ])('%s', async (_, bytes, members) => {
    for (const chunkBytes of [65_536, 997]) {
      const { report, blocks } = await readBytes(bytes, { filename: 'whatever.dat', chunkBytes });

      expect(report).toMatchObject({ status: 'normalized', errorCode: null });
      expect(report.members).toHaveLength(members);
      expect(intervalsOf(blocks)).toEqual(
        intervalsOfReadings([first, second, third].slice(0, members).flat()),
      );
    }
  });
});

test('Every interval member is loaded and named, and so is the report of reads beside it', async () => {
  const bytes = zip({
    'DailyReads.csv': dailyReport,
    'nested/Interval1.CSV': csv(first),
    'nested/deep/Interval2.csv': writeFile(excelTabs, second),
    'hinted.csv': writeFile(isoInstants, third),
  });

  const { report, blocks } = await readBytes(bytes, { esiidHint: esiid });

  expect(report.status).toBe('normalized');
  expect(report.members.map(({ name, kind, counts }) => [name, kind, counts.intervalsRead])).toEqual([
    ['DailyReads.csv', 'daily', 0],
    ['nested/Interval1.CSV', 'interval', 96],
    ['nested/deep/Interval2.csv', 'interval', 96],
    ['hinted.csv', 'interval', 96],
  ]);
  expect(nonZero(report.counts)).toEqual({ rowsRead: 289, intervalsRead: 288, dailyReadsRead: 1 });
  expect(report.selfContained).toBe(false);
  expect(intervalsOf(blocks)).toEqual(intervalsOfReadings([...first, ...second, ...third]));
});

test('A rejected row says which member it stood in', async () => {
  const { report } = await readBytes(zip({ 'a.csv': csv(first), 'b.csv': `${csv(second)}bad\n` }));

  expect(report.rejectedRows).toEqual([
    { member: 'b.csv', lineNumber: 98, reason: 'invalid-row', text: 'bad' },
  ]);
});

test('An archive without intervals and reads is ignored, an empty one fails', async () => {
  const reports = await readBytes(zip({ 'a.csv': addresses, 'b.csv': addresses }));
  const nothing = await readBytes(zip({}));
  const folder = await readBytes(zip({ 'a/': '' }));

  expect(reports.report).toMatchObject({
    status: 'ignored',
    members: [{ kind: 'other' }, { kind: 'other' }],
  });
  expect(nothing.report).toMatchObject({ status: 'failed', errorCode: 'empty-file' });
  expect(folder.report).toMatchObject({ status: 'failed', errorCode: 'empty-file' });
});

describe('A bad member costs that member', () => {
  const good = { name: 'good.csv', bytes: csv(first) };
  const bad = { name: 'bad.csv', bytes: csv(second) };
  const damagedBytes = (): Buffer => {
    const { bytes, dataOffsets } = writeZip([bad, good]);
    bytes.fill(0xff, (dataOffsets[0] ?? 0) + 200, (dataOffsets[0] ?? 0) + 220);
    return bytes;
  };
  const shorterBytes = (): Buffer => {
    const half = bad.bytes.subarray(0, bad.bytes.length / 2);
    return writeZip([{ ...bad, deflated: deflateRawSync(half), crc: crc32(half) }, good]).bytes;
  };
  test.each<[string, string, Buffer]>([
    ['encrypted-archive', 'encrypted', writeZip([{ ...bad, isEncrypted: true }, good]).bytes],
    ['unsupported-archive', 'packed by another method', writeZip([{ ...bad, method: 12 }, good]).bytes],
    ['corrupt-zip', 'with a checksum that does not fit', writeZip([{ ...bad, crc: 1 }, good]).bytes],
    ['corrupt-zip', 'of fewer bytes than the directory says', shorterBytes()],
    ['corrupt-zip', 'damaged', damagedBytes()],
    [
      'truncated-archive',
      'a gzip cut off',
      writeZip([{ ...bad, bytes: gzipSync(bad.bytes).subarray(0, -9) }, good]).bytes,
    ],
    [
      'truncated-archive',
      'a zip cut off',
      writeZip([{ ...bad, bytes: zip({ 'a.csv': bad.bytes }).subarray(0, -9) }, good]).bytes,
    ],
    ['empty-file', 'empty', writeZip([{ ...bad, bytes: Buffer.alloc(0) }, good]).bytes],
    ['unknown-header', 'a note', writeZip([{ ...bad, bytes: Buffer.from('Dear reader') }, good]).bytes],
    [
      'binary-file',
      'a picture',
      writeZip([{ ...bad, bytes: Buffer.from('\x89PNG\r\n', 'latin1') }, good]).bytes,
    ],
    [
      'spreadsheet',
      'a workbook',
      writeZip([{ ...bad, bytes: zip({ '[Content_Types].xml': '<x/>' }) }, good]).bytes,
    ],
    [
      'esiid-unknown',
      'of nobody knows whom',
      writeZip([{ ...bad, bytes: Buffer.from(writeFile(isoInstants, second)) }, good]).bytes,
    ],
  ])('%s: %s', async (errorCode, _, bytes) => {
    const { report, blocks } = await readBytes(bytes);

    expect(report).toMatchObject({ status: 'failed', errorCode: 'members-failed', selfContained: false });
    expect(report.errorMessage).toMatch(new RegExp(`1 of 2 members failed.*bad.csv: ${errorCode}`));
    expect(report.members).toMatchObject([
      { name: 'bad.csv', errorCode },
      { name: 'good.csv', errorCode: null },
    ]);
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(first));
    expect(report.intervalMinAt).toBe('2022-07-01T05:00:00.000Z');
  });

  test('An error common to all members is the error of the file', async () => {
    const { bytes } = writeZip([
      { ...bad, isEncrypted: true },
      { ...good, isEncrypted: true },
    ]);

    const { report } = await readBytes(bytes);

    expect(report).toMatchObject({ status: 'failed', errorCode: 'encrypted-archive' });
    expect(report.errorMessage).toContain('password');
  });

  test('Rows of a clock-change day that wait when the damage shows are accounted for', async () => {
    const autumn = csv(meterDay({ date: '2022-11-06', milliKwh: (slot) => noise.readUInt16LE(slot * 2) }));

    const { report, blocks } = await readBytes(writeZip([{ name: 'a.csv', bytes: autumn, crc: 1 }]).bytes);

    expect(report).toMatchObject({ errorCode: 'corrupt-zip', counts: { rowsRead: 100, intervalsRead: 100 } });
    expect(blocks).toEqual([]);
  });
});

test.each<[string, Buffer, string]>([
  ['gzip', gzipSync(csv([...first, ...second])), 'truncated-archive'],
  ['zip', zip({ 'a.csv': csv(first), 'b.csv': csv(second) }), 'truncated-archive'],
])(
  'A %s archive that is cut off anywhere fails as such, and nothing of it is loaded',
  async (_, bytes, errorCode) => {
    for (let length = 4; length < bytes.length; length += 131) {
      const { report, blocks } = await readBytes(bytes.subarray(0, length));

      expect(report, `cut at ${length}`).toMatchObject({ status: 'failed', errorCode });
      expect(blocks).toEqual([]);
    }
  },
);

test('A damaged gzip fails as corrupt wherever the damage is', async () => {
  const whole = gzipSync(csv([...first, ...second]));
  for (let at = 12; at < whole.length - 4; at += 97) {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 0x55;

    const { report, blocks } = await readBytes(bytes);

    expect(report.status, `damaged at ${at}`).toBe('failed');
    expect(['corrupt-gzip', 'truncated-archive', 'unknown-header', 'binary-file']).toContain(
      report.errorCode,
    );
    expect(blocks).toEqual([]);
  }
});

test('A zip whose directory is damaged fails as corrupt', async () => {
  const bytes = zip({ 'a.csv': csv(first) });
  bytes.write('XX', bytes.length - 22 - 46 - 'a.csv'.length, 'latin1');

  const { report } = await readBytes(bytes);

  expect(report).toMatchObject({ status: 'failed', errorCode: 'corrupt-zip', members: [] });
});

describe('Bombs', () => {
  const zeros = Buffer.alloc(40 * 1024 ** 2, '0\n');
  const padded = Buffer.concat([csv(first), zeros]);

  test.each<[string, Buffer]>([
    ['gzip', gzipSync(padded)],
    ['zip', zip({ 'a.csv': padded })],
    ['gzip in zip', zip({ 'a.csv.gz': gzipSync(padded) })],
  ])('An archive that unpacks to far too much for its size fails: %s', async (_, bytes) => {
    const { report } = await readBytes(bytes);

    expect(report).toMatchObject({ status: 'failed', errorCode: 'archive-ratio' });
  });

  test('It stops the archive there, and what was read before it is loaded', async () => {
    const bytes = zip({ 'a.csv': csv(first), 'bomb.csv': padded, 'c.csv': csv(second) });

    const { report, blocks } = await readBytes(bytes);

    expect(report).toMatchObject({ status: 'failed', errorCode: 'archive-ratio' });
    expect(report.members.map(({ name }) => name)).toEqual(['a.csv', 'bomb.csv']);
    expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(first));
  });

  test('Total size, members and depth have limits of their own', async () => {
    const limits = { ...defaultArchiveLimits, maxUnpackedBytes: 10_000, maxMembers: 3, maxDepth: 2 };
    const files = (count: number): Buffer =>
      zip(Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.csv`, dailyReport])));
    const codes = [
      gzipSync(csv([...first, ...second])),
      files(4),
      zip({ 'a.zip': files(2), 'b.zip': files(2) }),
      gzipSync(gzipSync(gzipSync(csv(first)))),
    ].map(async (bytes) => (await readBytes(bytes, { limits })).report.errorCode);

    expect(await Promise.all(codes)).toEqual([
      'archive-too-large',
      'archive-too-large',
      'archive-too-large',
      'archive-too-deep',
    ]);
  });
});

test.each([
  ['spreadsheet', 'Excel workbook', ['[Content_Types].xml', 'xl/workbook.xml']],
  ['spreadsheet', 'OpenDocument', ['mimetype', 'content.xml', 'META-INF/manifest.xml']],
  ['office-document', 'Word document', ['[Content_Types].xml', 'word/document.xml']],
])('A document of an office program is named as such: %s, %s', async (errorCode, named, members) => {
  const { report } = await readBytes(zip(Object.fromEntries(members.map((name) => [name, '<x/>']))), {
    filename: 'a.csv',
  });

  expect(report).toMatchObject({ status: 'failed', errorCode });
  expect(report.errorMessage).toContain(named);
});

test('A tar archive is named as such, in gzip too', async () => {
  const header = Buffer.alloc(512);
  header.write('IntervalData.csv');
  header.write('ustar', 257);

  const { report } = await readBytes(gzipSync(Buffer.concat([header, Buffer.from(portal2022.header)])), {
    filename: 'a.tar.gz',
  });

  expect(report).toMatchObject({ status: 'failed', errorCode: 'unsupported-archive' });
  expect(report.errorMessage).toContain('tar archive');
});
