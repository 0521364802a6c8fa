import { createHash, createHmac } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { SignatureV4 } from '@smithy/signature-v4';
import { describe, expect, test, vi } from 'vitest';
import { Bucket, clientOf, credentials, errorOf, region, sendRaw, useS3 } from './local-s3-harness.ts';

const body = 'ESIID,USAGE_DATE\n1,2';
const sha256 = (bytes: string) => createHash('sha256').update(bytes);

type S3 = Awaited<ReturnType<typeof useS3>>;

/** A presigned upload as the raw-upload route makes it, and the headers it obliges the uploader to send. */
async function presignUpload({ url }: S3, options: { signedAgoMs?: number; expiresInSeconds?: number } = {}) {
  const client = clientOf({ url }, { requestChecksumCalculation: 'WHEN_REQUIRED' });
  const checksum = sha256(body).digest('base64');
  const command = new PutObjectCommand({
    Bucket,
    Key: 'in/a b.csv',
    ContentLength: body.length,
    ContentType: 'text/csv',
    ChecksumSHA256: checksum,
    IfNoneMatch: '*',
    Metadata: { source: 'droplet-upload' },
  });
  const signed = await getSignedUrl(client, command, {
    expiresIn: options.expiresInSeconds ?? 900,
    signingDate: new Date(Date.now() - (options.signedAgoMs ?? 0)),
    signableHeaders: new Set(['content-type']),
    unhoistableHeaders: new Set(['x-amz-checksum-sha256', 'x-amz-meta-source']),
  });
  const headers: Record<string, string> = {
    'content-length': String(body.length),
    'content-type': 'text/csv',
    'if-none-match': '*',
    'x-amz-checksum-sha256': checksum,
    'x-amz-meta-source': 'droplet-upload',
  };
  return { url: signed, headers };
}

const without = (headers: Record<string, string>, name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name));

async function expectNothingStored({ url, dataDir, events }: S3) {
  const { Versions } = await clientOf({ url }).send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions).toBeUndefined();
  expect(events).toEqual([]);
  // The client may see the failure before the server has cleaned up.
  await vi.waitFor(async () => expect(await readdir(join(dataDir, 'incoming'))).toEqual([]));
  expect(await readdir(join(dataDir, 'blobs'))).toEqual([]);
}

describe('a presigned upload', () => {
  test('is accepted once, exactly as it was signed', async () => {
    const s3 = await useS3();
    const { url, headers } = await presignUpload(s3);

    const first = await sendRaw(url, { method: 'PUT', headers, body });
    const again = await sendRaw(url, { method: 'PUT', headers, body });

    expect(first.status).toBe(200);
    expect(first.headers['x-amz-version-id']).toBe(s3.events[0]?.s3.object.versionId);
    expect([again.status, again.code]).toEqual([412, 'PreconditionFailed']);
    expect(s3.events).toHaveLength(1);
  });

  type Tamper = (upload: { url: string; headers: Record<string, string> }) => {
    url?: string;
    headers?: Record<string, string>;
    method?: string;
    body?: string;
  };
  const tampered: [string, Tamper, string][] = [
    ['to another key', ({ url }) => ({ url: url.replace('a%20b', 'a%20c') }), '403 SignatureDoesNotMatch'],
    ['by another method', () => ({ method: 'POST' }), '403 SignatureDoesNotMatch'],
    [
      'with a parameter more',
      ({ url }) => ({ url: `${url}&partNumber=1&uploadId=x` }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'with a longer life',
      ({ url }) => ({ url: url.replace('X-Amz-Expires=900', 'X-Amz-Expires=9000') }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'with a part of its signature',
      ({ url }) => ({ url: url.replace(/(X-Amz-Signature=\w{8})\w+/, '$1') }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'with no signature',
      ({ url }) => ({ url: url.replace(/X-Amz-Signature=\w+/, 'X-Amz-Signature=') }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'with fewer headers signed',
      ({ url }) => ({ url: url.replace('content-length%3B', '') }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'with no host signed',
      ({ url }) => ({ url: url.replace('host%3B', '') }),
      '400 AuthorizationQueryParametersError',
    ],
    [
      'for another host',
      ({ headers }) => ({ headers: { ...headers, host: 'elsewhere.example' } }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'without a signed header',
      ({ headers }) => ({ headers: without(headers, 'if-none-match') }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'with another value of a signed header',
      ({ headers }) => ({ headers: { ...headers, 'x-amz-meta-source': 'admin-ui' } }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'with another content type',
      ({ headers }) => ({ headers: { ...headers, 'content-type': 'text/html' } }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'with unsigned metadata',
      ({ headers }) => ({ headers: { ...headers, 'x-amz-meta-esiid': '1' } }),
      '403 AccessDenied',
    ],
    [
      'as an unsigned copy',
      ({ headers }) => ({ headers: { ...headers, 'x-amz-copy-source': `${Bucket}/k` } }),
      '403 AccessDenied',
    ],
    ['with other bytes of that length', () => ({ body: body.replace('2', '3') }), '400 BadDigest'],
    [
      'with fewer bytes, announced',
      ({ headers }) => ({ headers: { ...headers, 'content-length': '1' }, body: body.slice(0, 1) }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'with more bytes, announced',
      ({ headers }) => ({
        headers: { ...headers, 'content-length': String(body.length + 1) },
        body: `${body}3`,
      }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'of unannounced length',
      ({ headers }) => ({
        headers: { ...without(headers, 'content-length'), 'transfer-encoding': 'chunked' },
      }),
      '403 SignatureDoesNotMatch',
    ],
    [
      'with a second way of signing',
      ({ headers }) => ({ headers: { ...headers, authorization: 'AWS4-HMAC-SHA256 Credential=x' } }),
      '400 InvalidRequest',
    ],
  ];

  test.for(tampered)('is rejected %s', async ([, tamper, expected]) => {
    const s3 = await useS3();
    const upload = await presignUpload(s3);

    const { url, ...options } = { method: 'PUT', body, ...upload, ...tamper(upload) };
    const { status, code } = await sendRaw(url, options);

    expect(`${status} ${code}`).toBe(expected);
    await expectNothingStored(s3);
  });

  test('is rejected when it is expired, not yet valid, or valid for too long', async () => {
    const s3 = await useS3();
    const send = async (options: Parameters<typeof presignUpload>[1]) => {
      const { url, headers } = await presignUpload(s3, options);
      return await sendRaw(url, { method: 'PUT', headers, body });
    };

    const late = await send({ signedAgoMs: 61_000, expiresInSeconds: 60 });
    const early = await send({ signedAgoMs: -16 * 60_000 });
    const { url } = await presignUpload(s3);
    const long = await sendRaw(url.replace('X-Amz-Expires=900', 'X-Amz-Expires=604801'), { method: 'PUT' });

    expect([late.status, late.code]).toEqual([403, 'AccessDenied']);
    expect(late.body).toContain('<Message>Request has expired</Message>');
    expect([early.status, early.code]).toEqual([403, 'AccessDenied']);
    expect([long.status, long.code]).toEqual([400, 'AuthorizationQueryParametersError']);
    await expectNothingStored(s3);
  });

  test('that is interrupted leaves nothing', async () => {
    const s3 = await useS3();
    const { url, headers } = await presignUpload(s3);
    const { port, pathname, search, host } = new URL(url);
    const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);

    const socket = connect(Number(port), '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.resume().end(`PUT ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${body.slice(0, 5)}`);
    await closed;

    await expectNothingStored(s3);
  });

  test('with bytes beyond its Content-Length is rejected', async () => {
    const s3 = await useS3();
    const { url, headers } = await presignUpload(s3);
    const { port, pathname, search, host } = new URL(url);
    const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);

    const socket = connect(Number(port), '127.0.0.1').setEncoding('latin1');
    socket.end(`PUT ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${body}and more`);
    const responses = (await socket.toArray()).join('');

    expect(responses.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400']);
    await expectNothingStored(s3);
  });
});

describe('a request with a signature in its header', () => {
  test('is rejected without valid credentials: no key, unknown key, wrong secret, wrong region', async () => {
    const s3 = await useS3();
    const put = (config: Parameters<typeof clientOf>[1]) =>
      errorOf(clientOf(s3, config).send(new PutObjectCommand({ Bucket, Key: 'k', Body: body })));
    const { accessKeyId, secretAccessKey } = credentials;
    const anonymous = await sendRaw(`${s3.url}/${Bucket}/k`, { method: 'PUT', body });

    expect([anonymous.status, anonymous.code]).toEqual([403, 'AccessDenied']);
    expect(await put({ credentials: { accessKeyId: 'other', secretAccessKey } })).toBe(
      '403 InvalidAccessKeyId',
    );
    expect(await put({ credentials: { accessKeyId, secretAccessKey: 'other' } })).toBe(
      '403 SignatureDoesNotMatch',
    );
    expect(await put({ region: 'eu-west-1' })).toBe('400 AuthorizationHeaderMalformed');
    for (const path of ['/', `/${Bucket}`, `/${Bucket}?versions`, `/${Bucket}/k`, '/other']) {
      expect((await sendRaw(`${s3.url}${path}`, {})).code).toBe('AccessDenied');
    }
    await expectNothingStored(s3);
  });

  test('is rejected when its clock is more than 15 minutes off', async () => {
    const s3 = await useS3();
    const put = (systemClockOffset: number) =>
      errorOf(
        clientOf(s3, { systemClockOffset }).send(new PutObjectCommand({ Bucket, Key: 'k', Body: body })),
      );

    expect(await put(-16 * 60_000)).toBe('403 RequestTimeTooSkewed');
    expect(await put(16 * 60_000)).toBe('403 RequestTimeTooSkewed');
    expect(await put(-14 * 60_000)).toBe('no error');
  });

  test('is rejected when its body does not match its hash', async () => {
    const s3 = await useS3();
    const send = async (headers: Record<string, string>, bytes = body) => {
      const { status, code } = await signAndSend(s3, headers, bytes);
      return `${status} ${code}`;
    };
    const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const other = sha256('other').digest();
    const md5 = createHash('md5').update('other').digest('base64');

    expect(await send({ 'x-amz-content-sha256': other.toString('hex') })).toBe(
      '400 XAmzContentSHA256Mismatch',
    );
    expect(await send({ 'x-amz-content-sha256': 'other' })).toBe('400 InvalidArgument');
    expect(await send({ ...unsigned, 'content-md5': md5 })).toBe('400 BadDigest');
    expect(await send({ ...unsigned, 'content-md5': 'other' })).toBe('400 InvalidDigest');
    expect(await send({ ...unsigned, 'x-amz-checksum-sha256': other.toString('base64') })).toBe(
      '400 BadDigest',
    );
    expect(await send({ ...unsigned, 'x-amz-checksum-sha256': 'AAAA' })).toBe('400 InvalidRequest');
    expect(await send({ ...unsigned, 'x-amz-checksum-crc32': 'AAAAAA==', 'x-amz-checksum-sha1': 'x' })).toBe(
      '400 InvalidRequest',
    );
    expect(await send({ ...unsigned, 'x-amz-tagging': 'a=b' })).toBe('501 NotImplemented');
    await expectNothingStored(s3);
  });

  test('for more than 5 GiB is rejected before a byte of it is sent', async () => {
    const s3 = await useS3();
    const headers = {
      'x-amz-content-sha256': 'UNSIGNED-PAYLOAD',
      'content-length': String(5 * 1024 ** 3 + 1),
    };
    const signed = await sign(s3, 'PUT', `/${Bucket}/k`, { ...headers, expect: '100-continue' });
    const lines = Object.entries(signed).map(([name, value]) => `${name}: ${value}\r\n`);

    const socket = connect(Number(new URL(s3.url).port), '127.0.0.1').setEncoding('latin1');
    socket.write(`PUT /${Bucket}/k HTTP/1.1\r\n${lines.join('')}\r\n`);
    const response = await new Promise<string>((resolve) => socket.once('data', resolve));
    socket.destroy();

    expect(response).toMatch(/^HTTP\/1\.1 400/);
    expect(response).toContain('<Code>EntityTooLarge</Code>');
  });

  test('for an operation this S3 does not implement is rejected, not mistaken for another', async () => {
    const s3 = await useS3();
    const headers = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const path = `/${Bucket}/k?tagging`;

    const response = await sendRaw(`${s3.url}${path}`, {
      method: 'PUT',
      headers: await sign(s3, 'PUT', path, headers),
      body: '<Tagging/>',
    });

    expect([response.status, response.code]).toEqual([501, 'NotImplemented']);
    await expectNothingStored(s3);
  });
});

describe('an aws-chunked body', () => {
  const payload = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD';
  const withTrailer = `${payload}-TRAILER`;
  const checksum = sha256(body).digest('base64');

  /** Signs chunks and trailers as Signature Version 4 chains them, then lets `tamper` at the encoded text. */
  async function sendChunks(s3: S3, kind: string, tamper = (encoded: string) => encoded) {
    const trailer: Record<string, string> =
      kind === withTrailer ? { 'x-amz-trailer': 'x-amz-checksum-sha256' } : {};
    const headers = await sign(s3, 'PUT', `/${Bucket}/k`, {
      'x-amz-content-sha256': kind,
      'x-amz-decoded-content-length': String(body.length),
      'content-encoding': 'aws-chunked',
      ...trailer,
    });
    const [day = ''] = (headers['x-amz-date'] ?? '').split('T');
    const scope = `${day}/${region}/s3/aws4_request`;
    let previous = /Signature=(\w+)/.exec(headers.authorization ?? '')?.[1] ?? '';
    const next = (algorithm: string, ...hashes: string[]) => {
      const key = [region, 's3', 'aws4_request'].reduce(
        (signing: Buffer | string, part) => createHmac('sha256', signing).update(part).digest(),
        createHmac('sha256', `AWS4${credentials.secretAccessKey}`).update(day).digest(),
      );
      const text = [algorithm, headers['x-amz-date'], scope, previous, ...hashes].join('\n');
      previous = createHmac('sha256', key).update(text).digest('hex');
      return previous;
    };
    const chunk = (data: string) => {
      const signature = next(
        'AWS4-HMAC-SHA256-PAYLOAD',
        sha256('').digest('hex'),
        sha256(data).digest('hex'),
      );
      return `${data.length.toString(16)};chunk-signature=${signature}\r\n${data}${data && '\r\n'}`;
    };
    const chunks = [body.slice(0, 7), body.slice(7), ''].map(chunk).join('');
    const line = `x-amz-checksum-sha256:${checksum}`;
    const end =
      kind === withTrailer
        ? `${line}\r\nx-amz-trailer-signature:${next('AWS4-HMAC-SHA256-TRAILER', sha256(`${line}\n`).digest('hex'))}\r\n`
        : '';
    const encoded = tamper(`${chunks}${end}\r\n`);
    const { status, code } = await sendRaw(`${s3.url}/${Bucket}/k`, {
      method: 'PUT',
      headers: { ...headers, 'content-length': String(encoded.length) },
      body: encoded,
    });
    return `${status} ${code}`.trim();
  }

  test.for([payload, withTrailer])('signed as %s is accepted', async (kind) => {
    const s3 = await useS3();

    expect(await sendChunks(s3, kind)).toBe('200');

    expect(s3.events.map((event) => event.s3.object.size)).toEqual([body.length]);
  });

  test.for([
    ['a changed byte', (text: string) => text.replace('ESIID', 'ESIIX'), '403 SignatureDoesNotMatch'],
    ['a missing chunk', (text: string) => text.replace(/^7;.*\r\n.*\r\n/, ''), '403 SignatureDoesNotMatch'],
    [
      'an unsigned chunk',
      (text: string) => text.replace(/;chunk-signature=\w+/, ''),
      '403 SignatureDoesNotMatch',
    ],
    [
      'a changed trailer',
      (text: string) => text.replace(checksum, sha256('').digest('base64')),
      '403 SignatureDoesNotMatch',
    ],
    [
      'an unsigned trailer',
      (text: string) => text.replace(/x-amz-trailer-sig.*\r\n/, ''),
      '403 SignatureDoesNotMatch',
    ],
    ['an early end', (text: string) => text.slice(0, 120), '400 IncompleteBody'],
    ['no chunks in it', () => body, '400 IncompleteBody'],
  ] as const)('with %s is rejected', async ([, tamper, expected]) => {
    const s3 = await useS3();

    expect(await sendChunks(s3, withTrailer, tamper)).toBe(expected);

    await expectNothingStored(s3);
  });

  test('with an unsigned trailing checksum that is wrong, undeclared or absent is rejected', async () => {
    const s3 = await useS3();
    const send = async (trailer: string) => {
      const encoded = `${body.length.toString(16)}\r\n${body}\r\n0\r\n${trailer}\r\n`;
      const { status, code } = await signAndSend(
        s3,
        {
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-decoded-content-length': String(body.length),
          'x-amz-trailer': 'x-amz-checksum-sha256',
          'content-encoding': 'aws-chunked',
        },
        encoded,
      );
      return `${status} ${code}`.trim();
    };
    const wrong = sha256('').digest('base64');

    expect(await send(`x-amz-checksum-sha256:${wrong}\r\n`)).toBe('400 BadDigest');
    expect(await send(`x-amz-checksum-crc32:AAAAAA==\r\n`)).toBe('400 MalformedTrailerError');
    expect(await send('')).toBe('400 MalformedTrailerError');
    await expectNothingStored(s3);
    expect(await send(`x-amz-checksum-sha256:${checksum}\r\n`)).toBe('200');
  });
});

/** Signs with the SDK's own signer, whatever the headers claim. */
async function sign({ url }: S3, method: string, target: string, headers: Record<string, string>) {
  const signer = new SignatureV4({
    service: 's3',
    region,
    credentials,
    sha256: NodeSha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const { host, hostname, port } = new URL(url);
  const [path = '', query] = target.split('?');
  const signed = await signer.sign({
    method,
    protocol: 'http:',
    hostname,
    port: Number(port),
    path,
    query: query === undefined ? {} : { [query]: '' },
    headers: { host, ...headers },
  });
  return signed.headers;
}

async function signAndSend(s3: S3, headers: Record<string, string>, bytes: string) {
  const length = { 'content-length': String(Buffer.byteLength(bytes)) };
  return await sendRaw(`${s3.url}/${Bucket}/k`, {
    method: 'PUT',
    headers: await sign(s3, 'PUT', `/${Bucket}/k`, { ...length, ...headers }),
    body: bytes,
  });
}

class NodeSha256 {
  private readonly hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = secret === undefined || typeof secret === 'string' ? secret : bytesOf(secret);
    this.hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.hash.update(typeof data === 'string' ? data : bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }
}

function bytesOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}
