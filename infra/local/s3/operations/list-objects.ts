import { bucketOf, type Call, type Reply, xmlReply } from '../call.ts';
import { formEncodeKey } from '../encoding.ts';
import { invalidArgument } from '../errors.ts';
import type { Bucket, ObjectVersion, Version } from '../model.ts';
import { takePage } from '../page.ts';
import { integerParameter, type S3Request } from '../request.ts';
import { type XmlContent, xmlDocument } from '../xml.ts';
import { algorithmOf } from './put-object.ts';

/** ListObjectsV2: the current versions, by key. */
export function listObjectsV2(call: Call): Reply {
  const { request } = call;
  const bucket = bucketOf(call);
  const listing = parseListing(request);
  const token = request.query.get('continuation-token');
  const startAfter = request.query.get('start-after') ?? '';
  const marker = token === undefined ? startAfter : decodeToken(token);
  const page = takePage(currentVersions(bucket, listing.prefix, marker), { ...listing, marker });
  const owner = request.query.get('fetch-owner') === 'true';
  const document = xmlDocument('ListBucketResult', {
    Name: bucket.name,
    Prefix: listing.encode(listing.prefix),
    ...(startAfter !== '' && { StartAfter: listing.encode(startAfter) }),
    ...(token !== undefined && { ContinuationToken: token }),
    KeyCount: page.items.length + page.commonPrefixes.length,
    MaxKeys: listing.maxKeys,
    ...(listing.delimiter !== '' && { Delimiter: listing.encode(listing.delimiter) }),
    ...listing.encodingElement,
    IsTruncated: page.truncated,
    ...(page.truncated && { NextContinuationToken: encodeToken(page.lastKey ?? '') }),
    Contents: page.items.map((version) => objectElement(version, listing, owner)),
    CommonPrefixes: page.commonPrefixes.map((each) => ({ Prefix: listing.encode(each) })),
  });
  return xmlReply(document);
}

/** ListObjects: the same with the markers of the first version of the API. */
export function listObjects(call: Call): Reply {
  const { request } = call;
  const bucket = bucketOf(call);
  const listing = parseListing(request);
  const marker = request.query.get('marker') ?? '';
  const page = takePage(currentVersions(bucket, listing.prefix, marker), { ...listing, marker });
  const document = xmlDocument('ListBucketResult', {
    Name: bucket.name,
    Prefix: listing.encode(listing.prefix),
    Marker: listing.encode(marker),
    ...(page.truncated && { NextMarker: listing.encode(page.lastKey ?? '') }),
    MaxKeys: listing.maxKeys,
    ...(listing.delimiter !== '' && { Delimiter: listing.encode(listing.delimiter) }),
    ...listing.encodingElement,
    IsTruncated: page.truncated,
    Contents: page.items.map((version) => objectElement(version, listing, true)),
    CommonPrefixes: page.commonPrefixes.map((each) => ({ Prefix: listing.encode(each) })),
  });
  return xmlReply(document);
}

/** The query parameters that all listings share. */
export function parseListing(request: S3Request, maxName = 'max-keys') {
  const encoding = request.query.get('encoding-type');
  if (encoding !== undefined && encoding !== 'url') {
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encoding);
  }
  return {
    prefix: request.query.get('prefix') ?? '',
    delimiter: request.query.get('delimiter') ?? '',
    maxKeys: integerParameter(request, maxName, 1000, 1000),
    /** A key, prefix or marker as this listing spells it. */
    encode: encoding === 'url' ? formEncodeKey : (text: string) => text,
    encodingElement: encoding === 'url' ? { EncodingType: 'url' } : {},
  };
}

type Listing = ReturnType<typeof parseListing>;

function* currentVersions(bucket: Bucket, prefix: string, marker: string): Generator<ObjectVersion> {
  for (const key of bucket.keys.from(marker, prefix)) {
    const version = bucket.versions.get(key)?.at(-1);
    if (version && !version.deleteMarker && key !== marker) yield version;
  }
}

function objectElement(version: ObjectVersion, listing: Listing, owner: boolean): XmlContent {
  return {
    Key: listing.encode(version.key),
    LastModified: new Date(version.lastModifiedMs).toISOString(),
    ...contentElements(version),
    ...(owner && { Owner: { ID: 'LOCAL' } }),
    StorageClass: 'STANDARD',
  };
}

/** An object's metadata in a listing. */
function contentElements(version: ObjectVersion): Record<string, XmlContent> {
  const algorithm = algorithmOf(version);
  return {
    ETag: `"${version.etag}"`,
    ...(algorithm && { ChecksumAlgorithm: algorithm.toUpperCase(), ChecksumType: version.checksumType }),
    Size: version.sizeBytes,
  };
}

// Opaque to clients, as S3's is, so that none relies on its being a key.
const encodeToken = (key: string) => Buffer.from(`1${key}`).toString('base64url');

function decodeToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString('utf8');
  if (!text.startsWith('1')) {
    throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  }
  return text.slice(1);
}

/** ListObjectVersions: all versions and delete markers, by key, then newest first. */
export function listObjectVersions(call: Call): Reply {
  const { request } = call;
  const bucket = bucketOf(call);
  const listing = parseListing(request);
  const marker = request.query.get('key-marker') ?? '';
  const versionMarker = request.query.get('version-id-marker') ?? '';
  if (versionMarker !== '' && marker === '') {
    throw invalidArgument(
      'A version-id marker cannot be specified without a key marker.',
      'version-id-marker',
      versionMarker,
    );
  }
  const page = takePage(allVersions(bucket, listing.prefix, marker, versionMarker), { ...listing, marker });
  const versionElement = (version: Version) => ({
    Key: listing.encode(version.key),
    VersionId: version.versionId,
    IsLatest: bucket.versions.get(version.key)?.at(-1) === version,
    LastModified: new Date(version.lastModifiedMs).toISOString(),
    ...(!version.deleteMarker && { ...contentElements(version), StorageClass: 'STANDARD' }),
    Owner: { ID: 'LOCAL' },
  });
  const document = xmlDocument('ListVersionsResult', {
    Name: bucket.name,
    Prefix: listing.encode(listing.prefix),
    KeyMarker: listing.encode(marker),
    VersionIdMarker: versionMarker,
    ...(page.truncated && {
      NextKeyMarker: listing.encode(page.lastKey ?? ''),
      NextVersionIdMarker: page.lastItem?.versionId,
    }),
    MaxKeys: listing.maxKeys,
    ...(listing.delimiter !== '' && { Delimiter: listing.encode(listing.delimiter) }),
    ...listing.encodingElement,
    IsTruncated: page.truncated,
    Version: page.items.filter((version) => !version.deleteMarker).map(versionElement),
    DeleteMarker: page.items.filter((version) => version.deleteMarker).map(versionElement),
    CommonPrefixes: page.commonPrefixes.map((each) => ({ Prefix: listing.encode(each) })),
  });
  return xmlReply(document);
}

function* allVersions(
  bucket: Bucket,
  prefix: string,
  marker: string,
  versionMarker: string,
): Generator<Version> {
  for (const key of bucket.keys.from(marker, prefix)) {
    const newestFirst = [...(bucket.versions.get(key) ?? [])].reverse();
    if (key !== marker || marker === '') {
      yield* newestFirst;
    } else if (versionMarker !== '') {
      const at = newestFirst.findIndex((version) => version.versionId === versionMarker);
      // A marker version that has been deleted has no known position: list the key's versions again rather than skip some.
      yield* newestFirst.slice(at + 1);
    }
  }
}
