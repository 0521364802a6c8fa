import { createHash } from 'node:crypto';
import { bucketOf, type Call, keyOf, type Reply, xmlReply } from '../call.ts';
import { type ChecksumAlgorithm, startChecksum } from '../checksums.ts';
import { mayRead, writeCondition } from '../conditions.ts';
import { invalidArgument, invalidRequest, preconditionFailed, S3Error } from '../errors.ts';
import type { ObjectContent, ObjectVersion } from '../model.ts';
import type { Store } from '../store.ts';
import { xmlDocument } from '../xml.ts';
import { objectVersion, parseRange } from './get-object.ts';
import { requestedAlgorithm, uploadOf } from './multipart-upload.ts';
import { algorithmOf, checksumElements, properties } from './put-object.ts';

const maxCopyBytes = 5 * 1024 ** 3;

/** CopyObject: a new object with the bytes of another, and with its properties or new ones. */
export async function copyObject(call: Call): Promise<Reply> {
  const { request, store } = call;
  const bucket = bucketOf(call);
  const key = keyOf(call);
  const source = copySource(call);
  const replace = request.headers.get('x-amz-metadata-directive')?.toUpperCase() === 'REPLACE';
  const ontoItself = request.bucket === source.bucketName && key === source.version.key;
  if (ontoItself && !replace && source.current) {
    throw invalidRequest(
      "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
    );
  }
  const allowed = writeCondition(request.headers);
  const algorithm = requestedAlgorithm(request) ?? algorithmOf(source.version);
  const { received, content } = await copyBytes(
    store,
    source.version,
    0,
    source.version.sizeBytes,
    algorithm,
  );
  const { headers, metadata } = replace ? properties(request) : source.version;
  const version = store.addVersion(bucket, key, { headers, metadata, ...content }, [received], allowed);
  call.notify('Copy', bucket, version);
  return copyReply('CopyObjectResult', version, source.version, { 'x-amz-version-id': version.versionId });
}

/** UploadPartCopy: a part of an upload from a range of an object. */
export async function uploadPartCopy(call: Call): Promise<Reply> {
  const { store, request } = call;
  const { upload, partNumber } = uploadOf(call);
  const source = copySource(call);
  const asked = request.headers.get('x-amz-copy-source-range');
  const range = parseRange(asked, source.version.sizeBytes);
  if (asked !== undefined && !range.partial)
    throw invalidRequest('The x-amz-copy-source-range is not a range');
  const algorithm = upload.checksumAlgorithm;
  const { received, content } = await copyBytes(
    store,
    source.version,
    range.offset,
    range.sizeBytes,
    algorithm,
  );
  const part = store.addPart(upload, { partNumber, ...content }, received);
  return copyReply('CopyPartResult', part, source.version, {});
}

function copyReply(
  root: string,
  made: ObjectContent & { lastModifiedMs: number },
  source: ObjectVersion,
  headers: Record<string, string>,
): Reply {
  const document = xmlDocument(root, {
    LastModified: new Date(made.lastModifiedMs).toISOString(),
    ETag: `"${made.etag}"`,
    ...checksumElements(made),
  });
  return xmlReply(document, { 'x-amz-copy-source-version-id': source.versionId, ...headers });
}

/** The version that `x-amz-copy-source` names (`bucket/key?versionId=…`, percent-encoded). */
function copySource({ store, request }: Call) {
  const header = request.headers.get('x-amz-copy-source') ?? '';
  const [path = '', query = ''] = header.split('?versionId=');
  const [bucketName = '', ...key] = decodeSource(path).replace(/^\//, '').split('/');
  if (key.join('/') === '') {
    throw invalidArgument(
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      'x-amz-copy-source',
      header,
    );
  }
  const bucket = store.bucket(bucketName);
  const version = objectVersion(store, bucket, key.join('/'), query === '' ? undefined : decodeSource(query));
  if (!mayRead(request.headers, version, 'x-amz-copy-source-'))
    throw preconditionFailed('x-amz-copy-source-If-None-Match');
  const current = store.find(bucket, version.key) === version;
  return { bucketName, version, current };
}

function decodeSource(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new S3Error(400, 'InvalidArgument', 'Invalid copy source encoding.', {}, { cause });
  }
}

async function copyBytes(
  store: Store,
  source: ObjectVersion,
  offset: number,
  sizeBytes: number,
  algorithm: ChecksumAlgorithm | undefined,
): Promise<{ received: string; content: ObjectContent }> {
  if (sizeBytes > maxCopyBytes) {
    throw invalidRequest(
      'The specified copy source is larger than the maximum allowable size for a copy source: 5368709120',
    );
  }
  const md5 = createHash('md5');
  const checksum = algorithm && startChecksum(algorithm);
  async function* hashed() {
    for await (const bytes of store.blobs.read(source.blobs, offset, sizeBytes)) {
      md5.update(bytes);
      checksum?.update(bytes);
      yield bytes;
    }
  }
  const received = await store.blobs.receive(hashed());
  const content: ObjectContent = {
    etag: md5.digest('hex'),
    sizeBytes,
    blobs: [{ name: received, sizeBytes }],
    checksums: algorithm && checksum ? { [algorithm]: checksum.digest().toString('base64') } : {},
    checksumType: 'FULL_OBJECT',
  };
  return { received, content };
}
