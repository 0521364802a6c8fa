import { spawn } from 'node:child_process';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketLocationCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startS3 } from '../../infra/local/s3/server.ts';
import { Bucket, clientOf, credentials, errorOf, region, sendRaw, useS3 } from './local-s3-harness.ts';

const put = (client: S3Client, Key: string, Body = Key) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body }));

async function readText(client: S3Client, Key: string, VersionId?: string) {
  const found = await client.send(new GetObjectCommand({ Bucket, Key, ...(VersionId && { VersionId }) }));
  return await found.Body?.transformToString();
}

describe('versions', () => {
  test('are all kept, listed newest first, and read by their id', async () => {
    const { client } = await useS3();
    const ids = [];
    for (const body of ['1', '2', '3']) ids.push((await put(client, 'k', body)).VersionId);

    const { Versions = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));

    expect(Versions.map(({ VersionId }) => VersionId)).toEqual(ids.toReversed());
    expect(Versions.map(({ IsLatest }) => IsLatest)).toEqual([true, false, false]);
    expect(await readText(client, 'k', ids[0])).toBe('1');
    expect(await readText(client, 'k')).toBe('3');
  });

  test('survive a delete, which can be undone', async () => {
    const { client } = await useS3();
    await put(client, 'k', 'kept');

    const marker = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k' }));
    const deleted = await errorOf(client.send(new GetObjectCommand({ Bucket, Key: 'k' })));
    const listed = await client.send(new ListObjectVersionsCommand({ Bucket }));
    const VersionId = marker.VersionId ?? '';
    const ofMarker = await errorOf(client.send(new GetObjectCommand({ Bucket, Key: 'k', VersionId })));
    const undone = await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));

    expect(marker.DeleteMarker).toBe(true);
    expect(deleted).toBe('404 NoSuchKey');
    expect(ofMarker).toBe('405 MethodNotAllowed');
    expect(listed.DeleteMarkers).toMatchObject([{ Key: 'k', VersionId, IsLatest: true }]);
    expect(listed.Versions).toMatchObject([{ Key: 'k', IsLatest: false }]);
    expect(undone.DeleteMarker).toBe(true);
    expect(await readText(client, 'k')).toBe('kept');
  });

  test('deleted by their id are removed from disk, and the previous one is current', async () => {
    const { client, dataDir } = await useS3();
    await put(client, 'k', 'older');
    const { VersionId } = await put(client, 'k', 'newer');

    await client.send(new DeleteObjectCommand({ Bucket, Key: 'k', VersionId }));

    expect(await readText(client, 'k')).toBe('older');
    expect(await readdir(join(dataDir, 'blobs'))).toHaveLength(1);
  });

  test('of a thousand keys are deleted in one request, whatever their keys hold', async () => {
    const { client } = await useS3();
    const keys = Array.from({ length: 1000 }, (_, index) => ` ${index} & <"ü"> `);
    for (const key of keys.slice(0, 3)) await put(client, key);

    const { Deleted } = await client.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })) } }),
    );

    expect(Deleted?.map(({ Key }) => Key)).toEqual(keys);
    expect((await client.send(new ListObjectsCommand({ Bucket }))).Contents).toBeUndefined();
  });
});

describe('a listing', () => {
  const keys = [
    'a b.csv',
    'a+b.csv',
    'in/1.csv',
    'in/2 ü.csv',
    'in/deep/3.csv',
    'in/deep/4.csv',
    'z&<.csv',
    '\u{ff5e}',
    '\u{1f600}',
  ];

  async function useKeys() {
    const s3 = await useS3();
    for (const key of keys.toReversed()) await put(s3.client, key);
    await put(s3.client, 'deleted');
    await s3.client.send(new DeleteObjectCommand({ Bucket, Key: 'deleted' }));
    return s3;
  }

  test.for([1, 2, 3, 1000])(
    'by pages of %i has every key once, in the order of their UTF-8',
    async (pageSize) => {
      const { client } = await useKeys();

      const found = [];
      for await (const page of paginateListObjectsV2({ client, pageSize }, { Bucket, EncodingType: 'url' })) {
        expect(page.KeyCount).toBeLessThanOrEqual(pageSize);
        found.push(...(page.Contents ?? []));
      }

      expect(found.map(({ Key = '' }) => decodeURIComponent(Key.replaceAll('+', ' ')))).toEqual(keys);
      expect(found[0]).toMatchObject({ Key: 'a+b.csv', Size: 7, StorageClass: 'STANDARD' });
    },
  );

  test.for([1, 1000])('by pages of %i rolls keys up to their folders', async (pageSize) => {
    const { client } = await useKeys();
    const list = async (query: { Prefix?: string; StartAfter?: string }) => {
      const found: unknown[] = [];
      for await (const page of paginateListObjectsV2(
        { client, pageSize },
        { Bucket, Delimiter: '/', ...query },
      )) {
        found.push(...(page.Contents ?? []).map(({ Key }) => Key));
        found.push(...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix));
      }
      return found.toSorted();
    };

    expect(await list({})).toEqual(['a b.csv', 'a+b.csv', 'in/', 'z&<.csv', '\u{1f600}', '\u{ff5e}']);
    expect(await list({ Prefix: 'in/' })).toEqual(['in/1.csv', 'in/2 ü.csv', 'in/deep/']);
    expect(await list({ Prefix: 'in/', StartAfter: 'in/1.csv' })).toEqual(['in/2 ü.csv', 'in/deep/']);
    expect(await list({ Prefix: 'nothing' })).toEqual([]);
  });

  test('of the first kind goes on from its marker', async () => {
    const { client } = await useKeys();
    const query = { Bucket, Delimiter: '/', MaxKeys: 3 };

    const first = await client.send(new ListObjectsCommand(query));
    const second = await client.send(new ListObjectsCommand({ ...query, Marker: first.NextMarker }));

    expect(first.NextMarker).toBe('in/');
    expect(second.Contents?.map(({ Key }) => Key)).toEqual(['z&<.csv', '\u{ff5e}', '\u{1f600}']);
    expect(second.IsTruncated).toBe(false);
  });

  test.for([1, 2, 1000])(
    'of versions by pages of %i has each once, with the delete markers',
    async (MaxKeys) => {
      const { client } = await useKeys();
      for (const body of ['2', '3']) await put(client, 'in/1.csv', body);

      const found: string[] = [];
      let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
      while (next) {
        const page: ListObjectVersionsCommandOutput = await client.send(
          new ListObjectVersionsCommand({ Bucket, MaxKeys, ...next }),
        );
        found.push(...(page.Versions ?? []).map(({ Key }) => Key ?? ''));
        found.push(...(page.DeleteMarkers ?? []).map(({ Key }) => `${Key} marked`));
        const { NextKeyMarker, NextVersionIdMarker } = page;
        next = page.IsTruncated
          ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker }
          : undefined;
      }

      expect(found.toSorted()).toEqual(
        [...keys, 'deleted', 'deleted marked', 'in/1.csv', 'in/1.csv'].toSorted(),
      );
    },
  );
});

describe('a restart', () => {
  test('finds all objects, versions and delete markers in their order', async () => {
    const { client, restart } = await useS3();
    for (const body of ['1', '2', '3']) await put(client, 'k', body);
    await put(client, 'deleted');
    await client.send(new DeleteObjectCommand({ Bucket, Key: 'deleted' }));
    await client.send(
      new PutObjectCommand({
        Bucket,
        Key: 'described',
        Body: 'x',
        ContentType: 'text/csv',
        Metadata: { a: 'ü' },
      }),
    );
    const before = await client.send(new ListObjectVersionsCommand({ Bucket }));
    const headBefore = await client.send(new HeadObjectCommand({ Bucket, Key: 'described' }));

    const later = await restart();
    const after = await later.send(new ListObjectVersionsCommand({ Bucket }));
    const headAfter = await later.send(new HeadObjectCommand({ Bucket, Key: 'described' }));

    expect(after).toEqual({ ...before, $metadata: after.$metadata });
    expect(headAfter).toEqual({ ...headBefore, $metadata: headAfter.$metadata });
    expect(await readText(later, 'k')).toBe('3');
  });

  test('discards what a kill left half written, and keeps what was acknowledged', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'local-s3-kill-'));
    onTestFinished(() => rm(dataDir, { recursive: true }));
    const server = spawn(process.execPath, ['infra/local/s3/serve.ts'], {
      env: {
        ...process.env,
        S3_DATA_DIR: dataDir,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void server.kill('SIGKILL'));
    const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
    const url = String((await lines.next()).value).replace('listening on ', '');
    const client = clientOf({ url });
    await put(client, 'whole');
    const body = new PassThrough();
    const half = errorOf(
      client.send(new PutObjectCommand({ Bucket, Key: 'half', Body: body, ContentLength: 10_000_000 })),
    );
    body.write(Buffer.alloc(1_000_000));
    await expect.poll(() => readdir(join(dataDir, 'incoming'))).toHaveLength(1);

    server.kill('SIGKILL');
    await half;
    body.destroy();
    await appendFile(join(dataDir, 'journal.jsonl'), '{"type":"version","bucket":"raw-');
    const s3 = await startS3({ dataDir, region, authority: credentials, buckets: [{ name: Bucket }] });
    onTestFinished(() => s3.close());
    const later = clientOf(s3);
    await put(later, 'more');

    const { Versions } = await later.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions?.map(({ Key }) => Key)).toEqual(['more', 'whole']);
    expect(await readText(later, 'whole')).toBe('whole');
    expect(await readdir(join(dataDir, 'incoming'))).toEqual([]);
    expect(await readdir(join(dataDir, 'blobs'))).toHaveLength(2);
  });
});

describe('a bucket', () => {
  test('exists in its region, versioned, and no other does', async () => {
    const { client } = await useS3();

    const { Buckets } = await client.send(new ListBucketsCommand({}));

    expect(Buckets?.map(({ Name }) => Name)).toEqual([Bucket]);
    expect((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status).toBe('Enabled');
    expect((await client.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint).toBeFalsy();
    expect((await client.send(new HeadBucketCommand({ Bucket }))).BucketRegion).toBe(region);
    expect(await errorOf(client.send(new HeadBucketCommand({ Bucket: 'other' })))).toBe('404 NotFound');
  });
});

describe('a browser', () => {
  test('of a local origin may PUT and read the response; one of another origin may not', async () => {
    const { client, url } = await useS3();
    const command = new GetObjectCommand({
      Bucket,
      Key: 'k',
      ResponseContentDisposition: 'attachment; filename="k.csv"',
    });
    await put(client, 'k');
    const signed = await getSignedUrl(client, command);
    const ask = (origin: string) =>
      sendRaw(`${url}/${Bucket}/k`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'PUT',
          'access-control-request-headers': 'content-type,x-amz-meta-source',
        },
      });

    const near = await ask('http://localhost:3000');
    const far = await ask('http://localhost.elsewhere.example');
    const download = await sendRaw(signed, { headers: { origin: 'http://127.0.0.1:3000' } });

    expect(near.status).toBe(200);
    expect(near.headers).toMatchObject({
      'access-control-allow-origin': 'http://localhost:3000',
      'access-control-allow-headers': 'content-type,x-amz-meta-source',
    });
    expect(near.headers['access-control-allow-methods']).toContain('PUT');
    expect([far.status, far.headers['access-control-allow-origin']]).toEqual([403, undefined]);
    expect(download.body).toBe('k');
    expect(download.headers['access-control-allow-origin']).toBe('http://127.0.0.1:3000');
    expect(download.headers['access-control-expose-headers']).toMatch(/ETag, x-amz-version-id/);
    expect(download.headers['content-disposition']).toBe('attachment; filename="k.csv"');
  });
});

describe('a fault', () => {
  test('slows down the given number of matching requests, which a retry survives', async () => {
    const { client, url, faults } = await useS3();
    await put(client, 'k');
    faults.inject({
      kind: 'slow-down',
      times: 2,
      matches: ({ operation, key }) => operation === 'GetObject' && key === 'k',
    });

    await put(client, 'other');
    const rejected = await errorOf(client.send(new GetObjectCommand({ Bucket, Key: 'k' })));
    const retried = await readText(clientOf({ url }, { maxAttempts: 3 }), 'k');

    expect(rejected).toBe('503 SlowDown');
    expect(retried).toBe('k');
    expect(faults.hits['slow-down']).toBe(2);
  });

  test('truncates a body at the given byte, and the reader notices', async () => {
    const { client, faults } = await useS3();
    await put(client, 'k', 'x'.repeat(100_000));
    faults.inject({ kind: 'cut-body', times: 1, afterBytes: 70_000 });

    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
    let sizeBytes = 0;
    const reading = (async () => {
      for await (const bytes of Body as AsyncIterable<Buffer>) sizeBytes += bytes.length;
    })();

    await expect(reading).rejects.toThrow();
    expect(sizeBytes).toBe(70_000);
    expect(await readText(client, 'k')).toHaveLength(100_000);
  });

  test('delays until it is cleared', async () => {
    const { client, faults } = await useS3();
    await put(client, 'k');
    faults.inject({ kind: 'delay', times: Number.POSITIVE_INFINITY, delayMs: 20 });

    await readText(client, 'k');
    await readText(client, 'k');
    faults.clear();
    await readText(client, 'k');

    expect(faults.hits.delay).toBe(2);
  });
});
