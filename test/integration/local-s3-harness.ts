import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { S3EventRecord } from 'aws-lambda';
import { onTestFinished } from 'vitest';
import { type LocalS3, startS3 } from '../../infra/local/s3/server.ts';

export const region = 'us-east-1';
export const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };
export const Bucket = 'raw-files';

/** An S3 of this test's own, with its data, events and a client; deleted after the test. */
export async function useS3() {
  const dataDir = await mkdtemp(join(tmpdir(), 'local-s3-test-'));
  const events: S3EventRecord[] = [];
  let s3 = await start();
  onTestFinished(async () => {
    await s3.close();
    await rm(dataDir, { recursive: true });
  });

  function start(): Promise<LocalS3> {
    const onEvent = (event: S3EventRecord) => void events.push(event);
    return startS3({ dataDir, region, authority: credentials, buckets: [{ name: Bucket }], onEvent });
  }

  return {
    dataDir,
    events,
    client: clientOf(s3),
    url: s3.url,
    faults: s3.faults,
    /** Stops the server, starts another on the same data, and returns a client of that. */
    restart: async () => {
      await s3.close();
      s3 = await start();
      return clientOf(s3);
    },
  };
}

/** An SDK client as an application would make it, which does not retry. */
export function clientOf({ url }: { url: string }, config: S3ClientConfig = {}): S3Client {
  const client = new S3Client({
    endpoint: url,
    region,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    ...config,
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** The error of a request: `403 AccessDenied`. */
export async function errorOf(sent: Promise<unknown>): Promise<string> {
  try {
    await sent;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return `${$metadata?.httpStatusCode} ${name}`;
  }
  return 'no error';
}

export interface RawResponse {
  readonly status: number;
  /** S3's error code, or an empty string when there is none. */
  readonly code: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Sends exactly these headers and bytes, true or not. Rejects when the connection is cut. */
export function sendRaw(
  url: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string },
): Promise<RawResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<RawResponse>();
  const { hostname, port } = new URL(url);
  const path = url.slice(url.indexOf('/', 'http://'.length));
  const outgoing = request({ method, hostname, port, path, headers, agent: false }, (incoming) => {
    incoming
      .setEncoding('utf8')
      .toArray()
      .then((pieces) => {
        const text = pieces.join('');
        resolve({
          status: incoming.statusCode ?? 0,
          code: /<Error><Code>(\w+)</.exec(text)?.[1] ?? '',
          body: text,
          headers: incoming.headers,
        });
      }, reject);
  });
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}
