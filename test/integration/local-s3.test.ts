import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { Bucket, errorOf, useS3 } from './local-s3-harness.ts';

const mebibyte = 1024 ** 2;
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

async function read(client: S3Client, Key: string, more: { VersionId?: string; Range?: string } = {}) {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function put(client: S3Client, Key: string, Body: string | Buffer = 'some bytes') {
  return await client.send(new PutObjectCommand({ Bucket, Key, Body }));
}

describe('an object', () => {
  test('reads back as it was put, with its metadata', async () => {
    const { client } = await useS3();

    const stored = await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'in/a file.csv',
        Body: 'ESIID,USAGE_DATE',
        ContentType: 'text/csv',
        ContentEncoding: 'identity',
        CacheControl: 'no-store',
        Metadata: { source: 'droplet-upload', note: 'a  b' },
      }),
    );
    const found = await client.send(new GetObjectCommand({ Bucket, Key: 'in/a file.csv' }));

    expect(await found.Body?.transformToString()).toBe('ESIID,USAGE_DATE');
    expect(found).toMatchObject({
      ContentType: 'text/csv',
      ContentEncoding: 'identity',
      CacheControl: 'no-store',
      ContentLength: 16,
      ETag: `"${md5(Buffer.from('ESIID,USAGE_DATE'))}"`,
      VersionId: stored.VersionId,
      Metadata: { source: 'droplet-upload', note: 'a  b' },
    });
    expect(stored.ETag).toBe(found.ETag);
  });

  test('that is streamed without a known checksum arrives whole and unencoded', async () => {
    const { client } = await useS3();
    const bytes = randomBytes(12 * mebibyte + 7);

    await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'streamed',
        Body: Readable.from(slices(bytes, 100_000)),
        ContentLength: bytes.length,
      }),
    );

    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'streamed' }));
    expect(head.ContentEncoding).toBeUndefined();
    expect((await read(client, 'streamed')).equals(bytes)).toBe(true);
  });

  test.for(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
    'put with a %s checksum is verified and gives it back',
    async (ChecksumAlgorithm) => {
      const { client } = await useS3();
      const bytes = randomBytes(300_001);

      const inHeader = await client.send(
        new PutObjectCommand({ Bucket, Key: 'header', Body: bytes, ChecksumAlgorithm }),
      );
      const inTrailer = await client.send(
        new PutObjectCommand({
          Bucket,
          Key: 'trailer',
          Body: Readable.from(slices(bytes, 70_000)),
          ContentLength: bytes.length,
          ChecksumAlgorithm,
        }),
      );

      const head = await client.send(
        new HeadObjectCommand({ Bucket, Key: 'trailer', ChecksumMode: 'ENABLED' }),
      );
      const field = `Checksum${ChecksumAlgorithm}` as const;
      expect(inHeader[field]).toBeTruthy();
      expect(inTrailer[field]).toBe(inHeader[field]);
      expect(head[field]).toBe(inHeader[field]);
      expect(head.ChecksumType).toBe('FULL_OBJECT');
    },
  );

  test('returns its SHA-256 only when requested, and never for a range', async () => {
    const { client } = await useS3();
    const ChecksumSHA256 = createHash('sha256').update('0123456789').digest('base64');
    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: '0123456789', ChecksumSHA256 }));

    const asked = await client.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
    const unasked = await client.send(new HeadObjectCommand({ Bucket, Key: 'k' }));
    const range = await client.send(
      new GetObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED', Range: 'bytes=0-3' }),
    );

    expect(asked).toMatchObject({ ChecksumSHA256, ChecksumType: 'FULL_OBJECT' });
    expect(unasked.ChecksumSHA256).toBeUndefined();
    expect(await range.Body?.transformToString()).toBe('0123');
  });

  test('is read in ranges, from the front, the end and beyond', async () => {
    const { client } = await useS3();
    await put(client, 'k', '0123456789');

    const middle = await client.send(new GetObjectCommand({ Bucket, Key: 'k', Range: 'bytes=2-4' }));

    expect(middle.$metadata.httpStatusCode).toBe(206);
    expect(middle.ContentRange).toBe('bytes 2-4/10');
    expect(await middle.Body?.transformToString()).toBe('234');
    expect(String(await read(client, 'k', { Range: 'bytes=8-' }))).toBe('89');
    expect(String(await read(client, 'k', { Range: 'bytes=8-99' }))).toBe('89');
    expect(String(await read(client, 'k', { Range: 'bytes=-3' }))).toBe('789');
    expect(String(await read(client, 'k', { Range: 'bytes=-99' }))).toBe('0123456789');
    expect(await errorOf(read(client, 'k', { Range: 'bytes=10-' }))).toBe('416 InvalidRange');
  });

  test('is read on condition', async () => {
    const { client } = await useS3();
    const { ETag } = await put(client, 'k');
    const get = (condition: { IfMatch?: string; IfNoneMatch?: string }) =>
      errorOf(client.send(new GetObjectCommand({ Bucket, Key: 'k', ...condition })));

    expect(await get({ IfMatch: ETag ?? '' })).toBe('no error');
    expect(await get({ IfMatch: '"0"' })).toBe('412 PreconditionFailed');
    expect(await get({ IfNoneMatch: '"0"' })).toBe('no error');
    expect(await get({ IfNoneMatch: ETag ?? '' })).toMatch(/^304 /);
  });

  test('of no bytes is an object', async () => {
    const { client, events } = await useS3();

    await put(client, 'folder/', Buffer.alloc(0));

    expect(await read(client, 'folder/')).toHaveLength(0);
    expect(events[0]?.s3.object).toMatchObject({ key: 'folder/', size: 0 });
  });

  test('that does not exist, or whose bucket does not, is reported as missing', async () => {
    const { client } = await useS3();
    await put(client, 'k');

    expect(await errorOf(client.send(new GetObjectCommand({ Bucket, Key: 'other' })))).toBe('404 NoSuchKey');
    expect(await errorOf(client.send(new HeadObjectCommand({ Bucket, Key: 'other' })))).toBe('404 NotFound');
    expect(await errorOf(client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId: 'v' })))).toBe(
      '404 NoSuchVersion',
    );
    expect(await errorOf(client.send(new GetObjectCommand({ Bucket: 'other', Key: 'k' })))).toBe(
      '404 NoSuchBucket',
    );
  });
});

describe('a conditional write', () => {
  test('succeeds once of many at the same time', async () => {
    const { client, events } = await useS3();
    const puts = Array.from({ length: 8 }, (_, writer) =>
      errorOf(
        client.send(
          new PutObjectCommand({
            Bucket,
            Key: 'k',
            Body: Buffer.alloc(mebibyte, writer),
            IfNoneMatch: '*',
          }),
        ),
      ),
    );

    const outcomes = await Promise.all(puts);

    expect(outcomes.toSorted()).toEqual([...Array(7).fill('412 PreconditionFailed'), 'no error']);
    const [winner] = await read(client, 'k');
    expect(outcomes[winner ?? -1]).toBe('no error');
    expect(events).toHaveLength(1);
  });

  test('succeeds again after a delete', async () => {
    const { client } = await useS3();
    await put(client, 'k', 'first');
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));

    await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'second', IfNoneMatch: '*' }));

    expect(String(await read(client, 'k'))).toBe('second');
  });
});

describe('a multipart upload', () => {
  const first = randomBytes(5 * mebibyte);
  const second = randomBytes(1000);

  async function uploadInParts(
    client: S3Client,
    Key: string,
    parts: Buffer[],
    algorithm?: 'SHA256' | 'CRC64NVME',
  ) {
    const checksum = algorithm && { ChecksumAlgorithm: algorithm };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ...checksum }));
    const Parts = [];
    for (const [index, Body] of parts.entries()) {
      const PartNumber = index + 1;
      const part = await client.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ...checksum }),
      );
      const { ETag, ChecksumSHA256, ChecksumCRC64NVME } = part;
      Parts.push({ PartNumber, ETag, ...(algorithm && { ChecksumSHA256, ChecksumCRC64NVME }) });
    }
    return { Bucket, Key, UploadId, MultipartUpload: { Parts } };
  }

  test('becomes one object, read across its parts, with a composite ETag and checksum', async () => {
    const { client, events } = await useS3();
    const upload = await uploadInParts(client, 'k', [first, second], 'SHA256');

    const done = await client.send(new CompleteMultipartUploadCommand(upload));

    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'k', ChecksumMode: 'ENABLED' }));
    const etags = Buffer.from(md5(first) + md5(second), 'hex');
    expect(done.ETag).toBe(`"${md5(etags)}-2"`);
    expect(done.VersionId).toBe(head.VersionId);
    expect(head.ChecksumType).toBe('COMPOSITE');
    expect(head.ChecksumSHA256).toMatch(/=-2$/);
    expect((await read(client, 'k')).equals(Buffer.concat([first, second]))).toBe(true);
    const range = await read(client, 'k', { Range: `bytes=${first.length - 10}-${first.length + 9}` });
    expect(range.equals(Buffer.concat([first.subarray(-10), second.subarray(0, 10)]))).toBe(true);
    expect(events.map((event) => event.eventName)).toEqual(['ObjectCreated:CompleteMultipartUpload']);
    expect(events[0]?.s3.object.size).toBe(first.length + second.length);
  });

  test('with a full-object checksum has the same one as a single put', async () => {
    const { client } = await useS3();
    const upload = await uploadInParts(client, 'parts', [first, second], 'CRC64NVME');

    const done = await client.send(new CompleteMultipartUploadCommand(upload));

    const whole = await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'whole',
        Body: Buffer.concat([first, second]),
        ChecksumAlgorithm: 'CRC64NVME',
      }),
    );
    expect(done.ChecksumCRC64NVME).toBe(whole.ChecksumCRC64NVME);
    expect(done.ChecksumType).toBe('FULL_OBJECT');
  });

  test('goes on after a restart of the server', async () => {
    const { client, restart } = await useS3();
    const upload = await uploadInParts(client, 'k', [first, second]);

    const later = await restart();
    const { Uploads } = await later.send(new ListMultipartUploadsCommand({ Bucket }));
    const { Parts } = await later.send(new ListPartsCommand(upload));
    await later.send(new CompleteMultipartUploadCommand(upload));

    expect(Uploads).toMatchObject([{ Key: 'k', UploadId: upload.UploadId }]);
    expect(Parts).toMatchObject([
      { PartNumber: 1, Size: first.length, ETag: `"${md5(first)}"` },
      { PartNumber: 2, Size: second.length, ETag: `"${md5(second)}"` },
    ]);
    expect((await read(later, 'k')).equals(Buffer.concat([first, second]))).toBe(true);
    expect((await later.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toBeUndefined();
  });

  test('with a wrong, missing, misplaced or too small part is rejected', async () => {
    const { client, events } = await useS3();
    const upload = await uploadInParts(client, 'k', [second, second]);
    const complete = (...Parts: { PartNumber: number; ETag: string }[]) =>
      errorOf(client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } })));
    const ETag = md5(second);

    expect(await complete({ PartNumber: 1, ETag: md5(first) })).toBe('400 InvalidPart');
    expect(await complete({ PartNumber: 3, ETag })).toBe('400 InvalidPart');
    expect(await complete({ PartNumber: 2, ETag }, { PartNumber: 1, ETag })).toBe('400 InvalidPartOrder');
    expect(await complete({ PartNumber: 1, ETag }, { PartNumber: 2, ETag })).toBe('400 EntityTooSmall');
    expect(await complete()).toBe('400 MalformedXML');
    expect(events).toHaveLength(0);
  });

  test('takes parts from other objects, also by range', async () => {
    const { client } = await useS3();
    await put(client, 'source', first);
    const target = { Bucket, Key: 'k' };
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(target));
    const copied = { ...target, UploadId, CopySource: `${Bucket}/source` };

    const one = await client.send(new UploadPartCopyCommand({ ...copied, PartNumber: 1 }));
    const two = await client.send(
      new UploadPartCopyCommand({ ...copied, PartNumber: 2, CopySourceRange: 'bytes=0-9' }),
    );
    const Parts = [one, two].map((part, index) => ({
      PartNumber: index + 1,
      ETag: part.CopyPartResult?.ETag,
    }));
    await client.send(
      new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload: { Parts } }),
    );

    expect((await read(client, 'k')).equals(Buffer.concat([first, first.subarray(0, 10)]))).toBe(true);
  });
});

describe('a copy', () => {
  test('has the bytes and the properties of its source, or new ones', async () => {
    const { client, events } = await useS3();
    const source = { Bucket, Key: 'a +ü.csv', Body: 'bytes', ContentType: 'text/csv', Metadata: { a: '1' } };
    const { VersionId } = await client.send(new PutObjectCommand(source));
    await put(client, 'a +ü.csv', 'newer bytes');
    const CopySource = `${Bucket}/${encodeURIComponent('a +ü.csv')}?versionId=${VersionId}`;

    await client.send(new CopyObjectCommand({ Bucket, Key: 'same', CopySource }));
    await client.send(
      new CopyObjectCommand({
        Bucket,
        Key: 'new',
        CopySource,
        MetadataDirective: 'REPLACE',
        Metadata: { b: '2' },
      }),
    );

    const same = await client.send(new HeadObjectCommand({ Bucket, Key: 'same' }));
    const renewed = await client.send(new HeadObjectCommand({ Bucket, Key: 'new' }));
    expect(String(await read(client, 'same'))).toBe('bytes');
    expect(same).toMatchObject({ ContentType: 'text/csv', Metadata: { a: '1' } });
    expect(renewed.Metadata).toEqual({ b: '2' });
    expect(events.slice(2).map((event) => event.eventName)).toEqual([
      'ObjectCreated:Copy',
      'ObjectCreated:Copy',
    ]);
  });
});

describe('an event', () => {
  test('is a record like those of S3', async () => {
    const { client, events } = await useS3();

    const { VersionId, ETag } = await put(client, 'in/2024 may/a+b ü(1)~*.csv');

    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      eventName: 'ObjectCreated:Put',
      awsRegion: 'us-east-1',
      s3: {
        s3SchemaVersion: '1.0',
        bucket: { name: Bucket, arn: `arn:aws:s3:::${Bucket}` },
        object: {
          key: 'in/2024+may/a%2Bb+%C3%BC%281%29%7E*.csv',
          size: 10,
          eTag: ETag?.replaceAll('"', ''),
          versionId: VersionId,
        },
      },
    });
    expect(new Date(events[0]?.eventTime ?? '').toISOString()).toBe(events[0]?.eventTime);
  });

  test('has a sequencer that grows with every version, over restarts too', async () => {
    const { client, events, restart } = await useS3();

    for (const body of ['1', '2', '3']) await put(client, 'k', body);
    const later = await restart();
    for (const body of ['4', '5']) await put(later, 'k', body);

    const sequencers = events.map((event) => event.s3.object.sequencer);
    expect(new Set(sequencers).size).toBe(5);
    expect(sequencers.toSorted()).toEqual(sequencers);
    expect(sequencers[0]).toMatch(/^[0-9A-F]+$/);
  });
});

function slices(bytes: Buffer, sizeBytes: number): Buffer[] {
  const count = Math.ceil(bytes.length / sizeBytes);
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * sizeBytes, (index + 1) * sizeBytes),
  );
}
