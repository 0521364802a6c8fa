import { bucketOf, type Call, keyOf, type Reply, xmlReply } from '../call.ts';
import { mayRead } from '../conditions.ts';
import { S3Error } from '../errors.ts';
import type { Bucket, ObjectVersion } from '../model.ts';
import { headerText } from '../request.ts';
import type { Store } from '../store.ts';
import { xmlDocument } from '../xml.ts';
import { checksumHeaders } from './put-object.ts';

/** GetObject, or one range of it. */
export function getObject(call: Call): Reply {
  const { store, request } = call;
  const version = objectVersion(store, bucketOf(call), keyOf(call), request.query.get('versionId'));
  const reply = describe(call, version);
  if (reply.status === 304) return reply;
  const { offset, sizeBytes } = parseRange(request.headers.get('range'), version.sizeBytes);
  return { ...reply, body: store.blobs.read(version.blobs, offset, sizeBytes) };
}

/** HeadObject: the same headers, no body. */
export function headObject(call: Call): Reply {
  return describe(
    call,
    objectVersion(call.store, bucketOf(call), keyOf(call), call.request.query.get('versionId')),
  );
}

/** GetObjectTagging: none, as tags cannot be set here. Clients ask before they copy a large object. */
export function getObjectTagging(call: Call): Reply {
  const version = objectVersion(call.store, bucketOf(call), keyOf(call), call.request.query.get('versionId'));
  return xmlReply(xmlDocument('Tagging', { TagSet: '' }), { 'x-amz-version-id': version.versionId });
}

/**
 * The object version to read. Throws `NoSuchKey`, `NoSuchVersion`, or `MethodNotAllowed` for a delete marker asked for
 * by its own version id.
 */
export function objectVersion(store: Store, bucket: Bucket, key: string, versionId?: string): ObjectVersion {
  const version = store.find(bucket, key, versionId);
  if (version && !version.deleteMarker) return version;
  const headers = version && { 'x-amz-delete-marker': 'true', 'x-amz-version-id': version.versionId };
  const options = headers ? { headers } : {};
  if (versionId === undefined) {
    throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.', { Key: key }, options);
  }
  if (!version) {
    const details = { Key: key, VersionId: versionId };
    throw new S3Error(404, 'NoSuchVersion', 'The specified version does not exist.', details);
  }
  const message = 'The specified method is not allowed against this resource.';
  throw new S3Error(405, 'MethodNotAllowed', message, { ResourceType: 'DeleteMarker' }, options);
}

function describe({ request }: Call, version: ObjectVersion): Reply {
  const identity = {
    etag: `"${version.etag}"`,
    'last-modified': new Date(version.lastModifiedMs).toUTCString(),
    'x-amz-version-id': version.versionId,
  };
  if (!mayRead(request.headers, version)) return { status: 304, headers: identity };
  const range = parseRange(request.headers.get('range'), version.sizeBytes);
  const headers: Record<string, string> = {
    ...version.headers,
    ...identity,
    'accept-ranges': 'bytes',
    'content-length': String(range.sizeBytes),
    'x-amz-server-side-encryption': 'AES256',
  };
  for (const [name, value] of Object.entries(version.metadata)) headers[`x-amz-meta-${name}`] = value;
  if (version.blobs.length > 1) headers['x-amz-mp-parts-count'] = String(version.blobs.length);
  for (const [name, value] of request.query) {
    if (name.startsWith('response-')) headers[name.slice('response-'.length)] = headerText(name, value);
  }
  // A range has no checksum of its own, and a client would compare the object's with it.
  const checksums = request.headers.get('x-amz-checksum-mode') === 'ENABLED' && !range.partial;
  if (checksums) Object.assign(headers, checksumHeaders(version));
  if (!range.partial) return { status: 200, headers };
  headers['content-range'] =
    `bytes ${range.offset}-${range.offset + range.sizeBytes - 1}/${version.sizeBytes}`;
  return { status: 206, headers };
}

/** One `bytes=` range; anything else in the header is ignored, as S3 does. Throws `InvalidRange` (416). */
export function parseRange(header: string | undefined, sizeBytes: number) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return { offset: 0, sizeBytes, partial: false };
  const [, first = '', last = ''] = match;
  const offset = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
  const end = first === '' || last === '' ? sizeBytes : Math.min(sizeBytes, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < Number(first))
    return { offset: 0, sizeBytes, partial: false };
  if (offset >= sizeBytes) {
    throw new S3Error(
      416,
      'InvalidRange',
      'The requested range is not satisfiable',
      { RangeRequested: header ?? '', ActualObjectSize: String(sizeBytes) },
      { headers: { 'content-range': `bytes */${sizeBytes}` } },
    );
  }
  return { offset, sizeBytes: end - offset, partial: true };
}
