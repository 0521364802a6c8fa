import { createHash } from 'node:crypto';
import { bucketOf, type Call, keyOf, type Reply, xmlReply } from '../call.ts';
import { type ChecksumAlgorithm, type Checksums, startChecksum } from '../checksums.ts';
import { writeCondition } from '../conditions.ts';
import { invalidRequest, S3Error } from '../errors.ts';
import type { ObjectContent, Part, Upload, UploadState } from '../model.ts';
import type { Store } from '../store.ts';
import { malformed, parseList, xmlDocument } from '../xml.ts';
import { uploadState } from './multipart-upload.ts';
import { checksumElements, checksumHeaders } from './put-object.ts';

const minPartBytes = 5 * 1024 ** 2;

/**
 * CompleteMultipartUpload: the named parts, laid end to end, become the object; no byte is copied. Its ETag is the MD5
 * of the parts' MD5s and their number, and its checksum composite, so neither is a hash of the object's bytes.
 */
export async function completeMultipartUpload(call: Call): Promise<Reply> {
  const { request, body, store } = call;
  const bucket = bucketOf(call);
  const key = keyOf(call);
  const state = uploadState(call);
  const { uploadId } = state.upload;
  const parts = chosenParts(
    parseList(await body.text(8_000_000), 'CompleteMultipartUpload', 'Part').items,
    state,
  );
  const content = await assemble(store, state.upload, parts);
  const claimed =
    state.upload.checksumAlgorithm && request.headers.get(`x-amz-checksum-${state.upload.checksumAlgorithm}`);
  if (claimed !== undefined && !Object.values(content.checksums).includes(claimed)) {
    throw new S3Error(400, 'BadDigest', 'The checksum you specified did not match the calculated checksum.');
  }
  const condition = writeCondition(request.headers);
  const object = { ...state.upload.properties, ...content };
  const allowed = (current: Parameters<typeof condition>[0]) => {
    store.upload(bucket, key, uploadId); // throws if another request has completed or aborted it meanwhile
    condition(current);
  };
  const version = store.addVersion(bucket, key, object, [], allowed, uploadId);
  call.notify('CompleteMultipartUpload', bucket, version);
  const document = xmlDocument('CompleteMultipartUploadResult', {
    Location: `http://${request.headers.get('host') ?? ''}${request.rawPath}`,
    Bucket: bucket.name,
    Key: key,
    ETag: `"${version.etag}"`,
    ...checksumElements(version),
    ...(checksumHeaders(version)['x-amz-checksum-type'] && { ChecksumType: version.checksumType }),
  });
  return xmlReply(document, { 'x-amz-version-id': version.versionId });
}

type PartItem = Partial<Record<string, string>>;

/** The parts that the document names. The order of the list is checked before any of its parts. */
function chosenParts(items: readonly PartItem[], state: UploadState): Part[] {
  const numbers = items.map((item) => Number(item.PartNumber ?? Number.NaN));
  if (!numbers.every(Number.isInteger)) throw malformed();
  if (numbers.some((number, index) => number <= (numbers[index - 1] ?? 0))) {
    const message = 'The list of parts was not in ascending order. Parts must be ordered by part number.';
    throw new S3Error(400, 'InvalidPartOrder', message, { UploadId: state.upload.uploadId });
  }
  const parts = items.map((item) => chosenPart(item, state));
  const small = parts.slice(0, -1).find((part) => part.sizeBytes < minPartBytes);
  if (small) {
    const message = 'Your proposed upload is smaller than the minimum allowed size';
    throw new S3Error(400, 'EntityTooSmall', message, { PartNumber: String(small.partNumber) });
  }
  return parts;
}

function chosenPart(item: PartItem, state: UploadState): Part {
  if (item.ETag === undefined) throw malformed();
  const part = state.parts.get(Number(item.PartNumber));
  if (part && part.etag === item.ETag.trim().replaceAll('"', '') && checksumsAgree(part, item)) return part;
  const message =
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
  throw new S3Error(400, 'InvalidPart', message, { PartNumber: item.PartNumber ?? '' });
}

function checksumsAgree(part: Part, item: PartItem): boolean {
  return Object.entries(checksumElements(part)).every(([name, value]) => (item[name] ?? value) === value);
}

async function assemble(store: Store, upload: Upload, parts: readonly Part[]): Promise<ObjectContent> {
  const md5 = createHash('md5');
  for (const part of parts) md5.update(Buffer.from(part.etag, 'hex'));
  const blobs = parts.flatMap((part) => part.blobs);
  return {
    etag: `${md5.digest('hex')}-${parts.length}`,
    sizeBytes: parts.reduce((sum, part) => sum + part.sizeBytes, 0),
    blobs,
    checksums: upload.checksumAlgorithm
      ? await objectChecksum(store, upload, upload.checksumAlgorithm, parts)
      : {},
    checksumType: upload.checksumType,
  };
}

async function objectChecksum(
  store: Store,
  upload: Upload,
  algorithm: ChecksumAlgorithm,
  parts: readonly Part[],
): Promise<Checksums> {
  const checksum = startChecksum(algorithm);
  if (upload.checksumType === 'COMPOSITE') {
    for (const part of parts) {
      const partChecksum = part.checksums[algorithm];
      if (partChecksum === undefined)
        throw invalidRequest(`Part ${part.partNumber} has no ${algorithm} checksum.`);
      checksum.update(Buffer.from(partChecksum, 'base64'));
    }
    return { [algorithm]: `${checksum.digest().toString('base64')}-${parts.length}` };
  }
  for (const part of parts) {
    for await (const bytes of store.blobs.read(part.blobs, 0, part.sizeBytes)) checksum.update(bytes);
  }
  return { [algorithm]: checksum.digest().toString('base64') };
}
