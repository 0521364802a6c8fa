import { bucketOf, type Call, keyOf, type Reply, xmlReply } from '../call.ts';
import { rejectConditions } from '../conditions.ts';
import { invalidRequest, S3Error } from '../errors.ts';
import type { Bucket } from '../model.ts';
import type { Store } from '../store.ts';
import { malformed, parseList, xmlDocument } from '../xml.ts';

/** DeleteObject: adds a delete marker or, with a version id, deletes that version permanently. */
export function deleteObject(call: Call): Reply {
  rejectConditions(call.request.headers);
  const deleted = deleteOne(call.store, bucketOf(call), keyOf(call), call.request.query.get('versionId'));
  const headers: Record<string, string> = { 'x-amz-version-id': deleted.versionId };
  if (deleted.deleteMarker) headers['x-amz-delete-marker'] = 'true';
  return { status: 204, headers };
}

/** DeleteObjects: up to 1,000 of them in one request. */
export async function deleteObjects(call: Call): Promise<Reply> {
  const { request, body, store } = call;
  const bucket = bucketOf(call);
  const sums = [...request.headers.keys()].some((name) =>
    /^(content-md5|x-amz-trailer|x-amz-checksum-.*)$/.test(name),
  );
  if (!sums)
    throw invalidRequest('Missing required header for this request: Content-MD5 OR x-amz-checksum-*');
  const { items, root } = parseList(await body.text(4_000_000), 'Delete', 'Object');
  if (items.length > 1000) throw malformed();
  const keys = items.map(({ Key, VersionId }) => {
    if (Key === undefined || Key === '') throw malformed();
    return { Key, VersionId };
  });
  const results = keys.map(({ Key, VersionId }) => {
    const named = { Key, ...(VersionId !== undefined && { VersionId }) };
    const denied = denialOf(call, Key, VersionId);
    if (denied) return { error: { ...named, Code: denied.code, Message: denied.message } };
    const { versionId, deleteMarker } = deleteOne(store, bucket, Key, VersionId);
    const marker = deleteMarker && { DeleteMarker: true, DeleteMarkerVersionId: versionId };
    return { deleted: { ...named, ...marker } };
  });
  const Deleted = results.flatMap(({ deleted }) => deleted ?? []);
  const Errors = results.flatMap(({ error }) => error ?? []);
  return xmlReply(
    xmlDocument('DeleteResult', { ...(root.Quiet === 'true' ? {} : { Deleted }), Error: Errors }),
  );
}

/** Each key is authorized separately; S3 reports those that are denied alongside those that succeed. */
function denialOf(call: Call, key: string, versionId: string | undefined): S3Error | undefined {
  const action = versionId === undefined ? 's3:DeleteObject' : 's3:DeleteObjectVersion';
  try {
    call.authorize([{ action, resource: `arn:aws:s3:::${call.request.bucket}/${key}` }]);
    return undefined;
  } catch (error) {
    if (error instanceof S3Error) return error;
    throw error;
  }
}

function deleteOne(store: Store, bucket: Bucket, key: string, versionId: string | undefined) {
  if (versionId === undefined) return store.addDeleteMarker(bucket, key);
  const removed = store.removeVersion(bucket, key, versionId);
  return { versionId, deleteMarker: removed?.deleteMarker ?? false };
}
