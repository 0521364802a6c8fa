import { bucketOf, type Call, keyOf, type Reply } from '../call.ts';
import type { ChecksumAlgorithm } from '../checksums.ts';
import { writeCondition } from '../conditions.ts';
import type { ObjectContent, ObjectProperties } from '../model.ts';
import { type S3Request, userMetadata } from '../request.ts';

/** PutObject: one object from one body. */
export async function putObject(call: Call): Promise<Reply> {
  const { request, body, store } = call;
  const bucket = bucketOf(call);
  const key = keyOf(call);
  const allowed = writeCondition(request.headers);
  allowed(store.find(bucket, key)); // before the body is read; checked again at the commit
  const received = await store.blobs.receive(body.bytes());
  const { sizeBytes, md5, checksums } = body.verdict;
  const content: ObjectContent = {
    etag: md5.toString('hex'),
    sizeBytes,
    blobs: [{ name: received, sizeBytes }],
    checksums,
    checksumType: 'FULL_OBJECT',
  };
  const version = store.addVersion(bucket, key, { ...properties(request), ...content }, [received], allowed);
  call.notify('Put', bucket, version);
  return {
    status: 200,
    headers: {
      etag: `"${version.etag}"`,
      'x-amz-version-id': version.versionId,
      ...checksumHeaders(version),
    },
  };
}

const kept = ['content-type', 'cache-control', 'content-disposition', 'content-language', 'expires'];

/** The object's properties in a PutObject, CreateMultipartUpload or replacing CopyObject request. */
export function properties(request: S3Request): ObjectProperties {
  const headers: Record<string, string> = { 'content-type': 'binary/octet-stream' };
  for (const name of kept) {
    const value = request.headers.get(name);
    if (value !== undefined) headers[name] = value;
  }
  // aws-chunked is how the body travelled, not what the object is.
  const encodings = (request.headers.get('content-encoding') ?? '')
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && each !== 'aws-chunked');
  if (encodings.length > 0) headers['content-encoding'] = encodings.join(',');
  return { headers, metadata: userMetadata(request) };
}

/** `x-amz-checksum-…` headers of stored checksums. */
export function checksumHeaders(content: ObjectContent): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [algorithm, value] of Object.entries(content.checksums)) {
    headers[`x-amz-checksum-${algorithm}`] = value;
    headers['x-amz-checksum-type'] = content.checksumType;
  }
  return headers;
}

/** `ChecksumSHA256` and the like, as XML names them. */
export function checksumElements(content: ObjectContent): Record<string, string> {
  const elements: Record<string, string> = {};
  for (const [algorithm, value] of Object.entries(content.checksums)) {
    elements[`Checksum${algorithm.toUpperCase()}`] = value;
  }
  return elements;
}

/** The algorithm a content's checksum is of. */
export function algorithmOf(content: ObjectContent): ChecksumAlgorithm | undefined {
  return Object.keys(content.checksums)[0] as ChecksumAlgorithm | undefined;
}
