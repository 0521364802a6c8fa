import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startChecksum } from '../../infra/local/s3/checksums.ts';
import { decodeChunked } from '../../infra/local/s3/chunked.ts';
import { parseRequest } from '../../infra/local/s3/request.ts';
import { verifySignature } from '../../infra/local/s3/signature.ts';

// The worked examples of AWS's "Signature Version 4" pages in the S3 API reference: the one oracle that is neither this
// code nor the SDK's.
const credentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};
const signedMs = Date.UTC(2013, 4, 24);

function verify(method: string, url: string, headers: Record<string, string>) {
  const incoming = Object.assign(new IncomingMessage(new Socket()), {
    method,
    url,
    rawHeaders: Object.entries(headers).flat(),
  });
  return verifySignature(parseRequest(incoming), {
    service: 's3',
    region: 'us-east-1',
    nowMs: signedMs,
    credentialsOf: (id) => (id === credentials.accessKeyId ? credentials : undefined),
  });
}

function authorization(signedHeaders: string, signature: string) {
  const scope = `${credentials.accessKeyId}/20130524/us-east-1/s3/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${scope},SignedHeaders=${signedHeaders},Signature=${signature}`;
}

describe("AWS's published example", () => {
  test('of a GET with a range has a valid signature', () => {
    const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    const signature = 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41';
    const headers = {
      Host: 'examplebucket.s3.amazonaws.com',
      Range: 'bytes=0-9',
      'x-amz-content-sha256': emptySha256,
      'x-amz-date': '20130524T000000Z',
      Authorization: authorization('host;range;x-amz-content-sha256;x-amz-date', signature),
    };

    expect(verify('GET', '/test.txt', headers).payload).toBe(emptySha256);
    expect(() => verify('GET', '/test.txt', { ...headers, Range: 'bytes=0-8' })).toThrow(/does not match/);
  });

  test('of a presigned URL has a valid signature', () => {
    const url =
      '/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request' +
      '&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host' +
      '&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404';
    const headers = { Host: 'examplebucket.s3.amazonaws.com' };

    expect(verify('GET', url, headers).payload).toBe('UNSIGNED-PAYLOAD');
    expect(() => verify('GET', url.replace('86400', '86401'), headers)).toThrow(/does not match/);
  });

  const chunked = [
    {
      payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      signedHeaders:
        'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
      signatures: [
        '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
        'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648',
        '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497',
        'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9',
      ],
      end: '',
      trailers: {},
    },
    {
      payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
      signedHeaders:
        'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer',
      signatures: [
        '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e',
        'b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2',
        '1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7',
        '2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992',
      ],
      end:
        'x-amz-checksum-crc32c:sOO8/Q==\r\n' +
        'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n',
      trailers: { 'x-amz-checksum-crc32c': 'sOO8/Q==' },
    },
  ];

  test.for(chunked)('of a body as $payload decodes, in pieces of any size', async (example) => {
    const [seed = '', first, second, last] = example.signatures;
    const signedAs = verify('PUT', '/examplebucket/chunkObject.txt', {
      Host: 's3.amazonaws.com',
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': example.payload,
      'Content-Encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'Content-Length': '66824',
      ...(example.end && { 'x-amz-trailer': 'x-amz-checksum-crc32c' }),
      Authorization: authorization(example.signedHeaders, seed),
    });
    const encoded = Buffer.from(
      `10000;chunk-signature=${first}\r\n${'a'.repeat(65_536)}\r\n` +
        `400;chunk-signature=${second}\r\n${'a'.repeat(1024)}\r\n0;chunk-signature=${last}\r\n${example.end}\r\n`,
    );

    for (const pieceBytes of [1, 7, 65_536, encoded.length]) {
      const trailers = new Map<string, string>();
      const decoded: Buffer[] = [];
      for await (const bytes of decodeChunked(pieces(encoded, pieceBytes), signedAs, trailers)) {
        decoded.push(bytes);
      }
      expect(Buffer.concat(decoded).equals(Buffer.alloc(66_560, 'a'))).toBe(true);
      expect(Object.fromEntries(trailers)).toEqual(example.trailers);
    }
  });
});

test.for([
  ['crc32', 'cbf43926'],
  ['crc32c', 'e3069283'],
  ['crc64nvme', 'ae8b14860a799888'],
] as const)('%s has the check value of the catalogue of CRCs', ([algorithm, check]) => {
  const checksum = startChecksum(algorithm);

  checksum.update(Buffer.from('1234'));
  checksum.update(Buffer.from('56789'));

  expect(checksum.digest().toString('hex')).toBe(check);
});

async function* pieces(bytes: Buffer, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
}
