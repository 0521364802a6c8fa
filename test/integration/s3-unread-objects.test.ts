import { PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts';
import { readRawFile } from '../../shared/smt/read-raw-file.ts';
import { portal2022, writeFile } from '../support/smt-dialects.ts';
import { meterDay } from '../support/smt-meter.ts';
import { writeZip } from '../support/smt-zip.ts';
import { Bucket, useS3 } from './local-s3-harness.ts';

/** The SDK opens 50 connections and then waits for one to become free. */
const moreThanConnections = 60;

/** A report that is ignored by its header, with more after it than what lies between S3 and its reader holds. */
const report = Buffer.from(
  `ESIID,METER_NUMBER,PREMISE_ADDRESS,CITY,ZIP\n${'10443720009999901,1,1 Main St,Austin,78701\n'.repeat(30_000)}`,
);
const interval = Buffer.from(
  writeFile(portal2022, meterDay({ date: '2022-07-01', milliKwh: (slot) => slot })),
);

/** Puts an object, and returns what reads it as normalize does. */
async function stored(bytes: Buffer) {
  const { client } = await useS3();
  const { VersionId = '' } = await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: bytes }));
  const store = new S3ObjectStore(client);
  const version = { bucket: Bucket, objectKey: 'k', versionId: VersionId };
  return () =>
    readRawFile(
      store.source(version, bytes.length),
      { filename: 'k', esiidHint: null, receivedAt: new Date() },
      () => {},
    );
}

test('More partly read files than S3 has connections', async () => {
  const read = await stored(report);

  for (let count = 1; count <= moreThanConnections; count++)
    expect(await read(), `file ${count}`).toMatchObject({ status: 'ignored' });
});

test('An archive with more partly read members than S3 has connections', async () => {
  const reports = Array.from({ length: moreThanConnections }, (_, index) => ({
    name: `${index}.csv`,
    bytes: report,
    isStored: true,
  }));
  const read = await stored(writeZip([...reports, { name: 'interval.csv', bytes: interval }]).bytes);

  const { status, members, counts } = await read();

  expect(status).toBe('normalized');
  expect(members).toHaveLength(moreThanConnections + 1);
  expect(counts.intervalsRead).toBe(96);
});
