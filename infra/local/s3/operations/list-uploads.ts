import { bucketOf, type Call, type Reply, xmlReply } from '../call.ts';
import { compareKeys } from '../encoding.ts';
import { takePage } from '../page.ts';
import { integerParameter } from '../request.ts';
import type { Store } from '../store.ts';
import { xmlDocument } from '../xml.ts';
import { parseListing } from './list-objects.ts';
import { uploadState } from './multipart-upload.ts';
import { checksumElements } from './put-object.ts';

/** ListMultipartUploads: unfinished uploads, by key, then oldest first. */
export function listMultipartUploads(call: Call): Reply {
  const { request, store } = call;
  const bucket = bucketOf(call);
  const listing = parseListing(request, 'max-uploads');
  const marker = request.query.get('key-marker') ?? '';
  const uploadMarker = request.query.get('upload-id-marker') ?? '';
  const uploads = uploadsAfter(store, bucket.name, listing.prefix, marker, uploadMarker);
  const page = takePage(uploads, { ...listing, marker });
  const document = xmlDocument('ListMultipartUploadsResult', {
    Bucket: bucket.name,
    KeyMarker: listing.encode(marker),
    UploadIdMarker: uploadMarker,
    ...(page.truncated && {
      NextKeyMarker: listing.encode(page.lastKey ?? ''),
      NextUploadIdMarker: page.lastItem?.uploadId,
    }),
    Prefix: listing.encode(listing.prefix),
    ...(listing.delimiter !== '' && { Delimiter: listing.encode(listing.delimiter) }),
    ...listing.encodingElement,
    MaxUploads: listing.maxKeys,
    IsTruncated: page.truncated,
    Upload: page.items.map((upload) => ({
      Key: listing.encode(upload.key),
      UploadId: upload.uploadId,
      Initiator: { ID: 'LOCAL' },
      Owner: { ID: 'LOCAL' },
      StorageClass: 'STANDARD',
      Initiated: new Date(upload.initiatedMs).toISOString(),
      ...(upload.checksumAlgorithm && { ChecksumAlgorithm: upload.checksumAlgorithm.toUpperCase() }),
    })),
    CommonPrefixes: page.commonPrefixes.map((each) => ({ Prefix: listing.encode(each) })),
  });
  return xmlReply(document);
}

/** ListParts: the parts of an upload that have arrived. */
export function listParts(call: Call): Reply {
  const { request } = call;
  const { upload, parts } = uploadState(call);
  const maxParts = integerParameter(request, 'max-parts', 1000, 1000);
  const marker = integerParameter(request, 'part-number-marker', 0, Number.MAX_SAFE_INTEGER);
  const after = [...parts.values()]
    .filter((part) => part.partNumber > marker)
    .sort((a, b) => a.partNumber - b.partNumber);
  const page = after.slice(0, maxParts);
  const truncated = page.length < after.length && maxParts > 0;
  const document = xmlDocument('ListPartsResult', {
    Bucket: upload.bucket,
    Key: upload.key,
    UploadId: upload.uploadId,
    PartNumberMarker: marker,
    ...(truncated && { NextPartNumberMarker: page.at(-1)?.partNumber }),
    MaxParts: maxParts,
    IsTruncated: truncated,
    Part: page.map((part) => ({
      PartNumber: part.partNumber,
      LastModified: new Date(part.lastModifiedMs).toISOString(),
      ETag: `"${part.etag}"`,
      Size: part.sizeBytes,
      ...checksumElements(part),
    })),
    Initiator: { ID: 'LOCAL' },
    Owner: { ID: 'LOCAL' },
    StorageClass: 'STANDARD',
    ...(upload.checksumAlgorithm && {
      ChecksumAlgorithm: upload.checksumAlgorithm.toUpperCase(),
      ChecksumType: upload.checksumType,
    }),
  });
  return xmlReply(document);
}

function uploadsAfter(store: Store, bucket: string, prefix: string, marker: string, uploadMarker: string) {
  const uploads = [...store.uploads.values()]
    .map(({ upload }) => upload)
    .filter((upload) => upload.bucket === bucket && upload.key.startsWith(prefix))
    .sort((a, b) => compareKeys(a.key, b.key)); // stable: of one key, in the order they began
  if (marker === '') return uploads;
  const at = uploads.findIndex((upload) => upload.key === marker && upload.uploadId === uploadMarker);
  if (at >= 0) return uploads.slice(at + 1);
  return uploads.filter((upload) => compareKeys(upload.key, marker) > 0);
}
