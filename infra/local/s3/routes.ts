import type { Operation } from './call.ts';
import { notImplemented, S3Error } from './errors.ts';
import {
  createBucket,
  getBucketLocation,
  getBucketVersioning,
  headBucket,
  listBuckets,
} from './operations/buckets.ts';
import { completeMultipartUpload } from './operations/complete-multipart-upload.ts';
import { copyObject, uploadPartCopy } from './operations/copy-object.ts';
import { deleteObject, deleteObjects } from './operations/delete-objects.ts';
import { getObject, getObjectTagging, headObject } from './operations/get-object.ts';
import { listObjects, listObjectsV2, listObjectVersions } from './operations/list-objects.ts';
import { listMultipartUploads, listParts } from './operations/list-uploads.ts';
import { abortMultipartUpload, createMultipartUpload, uploadPart } from './operations/multipart-upload.ts';
import { putObject } from './operations/put-object.ts';
import type { S3Request } from './request.ts';

type Level = 'service' | 'bucket' | 'object';

/** How a request names an operation: method, level, the query parameters it must have, and those it may have. */
interface Route {
  readonly name: string;
  readonly method: string;
  readonly level: Level;
  readonly needs: readonly string[];
  readonly allows: readonly string[];
  readonly copies: boolean;
  readonly run: Operation;
}

const listing = ['prefix', 'delimiter', 'max-keys', 'encoding-type'];
const overrides = ['type', 'language', 'expires'].map(
  (name) => `response-${name === 'expires' ? '' : 'content-'}${name}`,
);
const reading = [
  ...overrides,
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
];

// The first match counts, so a route that needs more comes before one that needs less.
const routes: readonly Route[] = [
  route('ListBuckets', 'GET', 'service', listBuckets),
  route('GetBucketLocation', 'GET', 'bucket', getBucketLocation, ['location']),
  route('GetBucketVersioning', 'GET', 'bucket', getBucketVersioning, ['versioning']),
  route(
    'ListMultipartUploads',
    'GET',
    'bucket',
    listMultipartUploads,
    ['uploads'],
    [...['prefix', 'delimiter', 'encoding-type', 'max-uploads', 'key-marker', 'upload-id-marker']],
  ),
  route(
    'ListObjectVersions',
    'GET',
    'bucket',
    listObjectVersions,
    ['versions'],
    [...listing, ...['key-marker', 'version-id-marker']],
  ),
  route(
    'ListObjectsV2',
    'GET',
    'bucket',
    listObjectsV2,
    ['list-type'],
    [...listing, ...['continuation-token', 'start-after', 'fetch-owner']],
  ),
  route('ListObjects', 'GET', 'bucket', listObjects, [], [...listing, 'marker']),
  route('HeadBucket', 'HEAD', 'bucket', headBucket),
  route('CreateBucket', 'PUT', 'bucket', createBucket),
  route('DeleteObjects', 'POST', 'bucket', deleteObjects, ['delete']),
  route('ListParts', 'GET', 'object', listParts, ['uploadId'], ['max-parts', 'part-number-marker']),
  route('GetObjectTagging', 'GET', 'object', getObjectTagging, ['tagging'], ['versionId']),
  route('GetObject', 'GET', 'object', getObject, [], ['versionId', ...reading]),
  route('HeadObject', 'HEAD', 'object', headObject, [], ['versionId', ...reading]),
  { ...route('UploadPartCopy', 'PUT', 'object', uploadPartCopy, ['partNumber', 'uploadId']), copies: true },
  route('UploadPart', 'PUT', 'object', uploadPart, ['partNumber', 'uploadId']),
  { ...route('CopyObject', 'PUT', 'object', copyObject), copies: true },
  route('PutObject', 'PUT', 'object', putObject),
  route('CreateMultipartUpload', 'POST', 'object', createMultipartUpload, ['uploads']),
  route('CompleteMultipartUpload', 'POST', 'object', completeMultipartUpload, ['uploadId']),
  route('AbortMultipartUpload', 'DELETE', 'object', abortMultipartUpload, ['uploadId']),
  route('DeleteObject', 'DELETE', 'object', deleteObject, [], ['versionId']),
];

function route(
  name: string,
  method: string,
  level: Level,
  run: Operation,
  needs: readonly string[] = [],
  allows: readonly string[] = [],
): Route {
  return { name, method, level, needs, allows, copies: false, run };
}

/**
 * The operation a request asks for. A parameter or `x-amz-` header that the operation does not know is rejected with
 * `NotImplemented`: mistaken for another operation, `PUT ?tagging` would overwrite the object.
 */
export function findRoute(request: S3Request): { name: string; run: Operation } {
  const level = request.key !== undefined ? 'object' : request.bucket !== undefined ? 'bucket' : 'service';
  const copies = request.headers.has('x-amz-copy-source');
  const found = routes.find(
    (each) =>
      each.method === request.method &&
      each.level === level &&
      each.copies === copies &&
      each.needs.every((name) => request.query.has(name)),
  );
  if (!found) {
    const message = 'The specified method is not allowed against this resource.';
    throw new S3Error(405, 'MethodNotAllowed', message, { Method: request.method });
  }
  const known = new Set([...found.needs, ...found.allows, 'x-id']);
  const stranger = [...request.query.keys()].find((name) => !known.has(name) && !/^x-amz-/i.test(name));
  if (stranger !== undefined) throw notImplemented(`${found.name} with the parameter ${stranger}`);
  rejectUnknownHeaders(request);
  return found;
}

/** `x-amz-` headers that are implemented, or have no effect here. */
const knownHeaders =
  /^x-amz-(date|content-sha256|security-token|user-agent|decoded-content-length|trailer|te|sdk-checksum-algorithm|checksum-.+|meta-.+|copy-source|copy-source-(range|if-.+)|metadata-directive|expected-bucket-owner|source-expected-bucket-owner|request-payer|optional-object-attributes|mp-object-size|acl|storage-class|server-side-encryption|if-match-.+)$/;

/** Values of some headers that request the default anyway. */
const harmlessValues: Record<string, readonly string[]> = {
  'x-amz-acl': ['private', 'bucket-owner-full-control'],
  'x-amz-storage-class': ['STANDARD'],
  'x-amz-server-side-encryption': ['AES256'],
};

function rejectUnknownHeaders(request: S3Request): void {
  for (const [name, value] of request.headers) {
    if (!name.startsWith('x-amz-')) continue;
    if (!knownHeaders.test(name)) throw notImplemented(`the header ${name}`);
    const harmless = harmlessValues[name];
    if (harmless && !harmless.includes(value)) throw notImplemented(`${name}: ${value}`);
  }
}
