import { bucketOf, type Call, keyOf, type Reply, xmlReply } from '../call.ts';
import { type ChecksumAlgorithm, checksumAlgorithms } from '../checksums.ts';
import { invalidArgument, invalidRequest, S3Error } from '../errors.ts';
import type { Upload, UploadState } from '../model.ts';
import type { S3Request } from '../request.ts';
import { xmlDocument } from '../xml.ts';
import { checksumHeaders, properties } from './put-object.ts';

/** CreateMultipartUpload. */
export function createMultipartUpload(call: Call): Reply {
  const { request, store } = call;
  const bucket = bucketOf(call);
  const key = keyOf(call);
  const checksumAlgorithm = requestedAlgorithm(request);
  const checksumType = uploadChecksumType(request, checksumAlgorithm);
  const upload = store.addUpload({
    bucket: bucket.name,
    key,
    properties: properties(request),
    checksumAlgorithm,
    checksumType,
  });
  const headers: Record<string, string> = {};
  if (checksumAlgorithm) {
    headers['x-amz-checksum-algorithm'] = checksumAlgorithm.toUpperCase();
    headers['x-amz-checksum-type'] = checksumType;
  }
  const result = { Bucket: bucket.name, Key: key, UploadId: upload.uploadId };
  return xmlReply(xmlDocument('InitiateMultipartUploadResult', result), headers);
}

/** UploadPart: a part of an upload from one body; a part sent again replaces the earlier one. */
export async function uploadPart(call: Call): Promise<Reply> {
  const { body, store } = call;
  const { upload, partNumber } = uploadOf(call);
  const received = await store.blobs.receive(body.bytes(upload.checksumAlgorithm));
  const { sizeBytes, md5, checksums } = body.verdict;
  const part = store.addPart(
    upload,
    {
      partNumber,
      etag: md5.toString('hex'),
      sizeBytes,
      blobs: [{ name: received, sizeBytes }],
      checksums,
      checksumType: 'FULL_OBJECT',
    },
    received,
  );
  const { 'x-amz-checksum-type': _, ...sums } = checksumHeaders(part);
  return { status: 200, headers: { etag: `"${part.etag}"`, ...sums } };
}

/** AbortMultipartUpload: deletes the parts. */
export function abortMultipartUpload(call: Call): Reply {
  call.store.abortUpload(uploadState(call).upload);
  return { status: 204 };
}

/** The upload that the query names. Throws `NoSuchUpload`. */
export function uploadState(call: Call): UploadState {
  return call.store.upload(bucketOf(call), keyOf(call), call.request.query.get('uploadId') ?? '');
}

/** The upload and part number that the query names. Throws `NoSuchUpload`, or `InvalidArgument` outside 1…10,000. */
export function uploadOf(call: Call): { upload: Upload; partNumber: number } {
  const { upload } = uploadState(call);
  const text = call.request.query.get('partNumber') ?? '';
  const partNumber = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (partNumber < 1 || partNumber > 10_000) {
    throw invalidArgument(
      'Part number must be an integer between 1 and 10000, inclusive',
      'partNumber',
      text,
    );
  }
  return { upload, partNumber };
}

/** The algorithm named by `x-amz-checksum-algorithm`, if any. Throws `InvalidRequest` for one S3 does not know. */
export function requestedAlgorithm(request: S3Request): ChecksumAlgorithm | undefined {
  const text = request.headers.get('x-amz-checksum-algorithm');
  if (text === undefined) return undefined;
  const algorithm = checksumAlgorithms.find((each) => each === text.toLowerCase());
  if (!algorithm)
    throw invalidRequest(
      'Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]',
    );
  return algorithm;
}

function uploadChecksumType(request: S3Request, algorithm: ChecksumAlgorithm | undefined) {
  const asked = request.headers.get('x-amz-checksum-type')?.toUpperCase();
  const fallback = algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE';
  const type = asked ?? fallback;
  const composable = algorithm !== 'crc64nvme';
  const wholeable = algorithm?.startsWith('crc') ?? false;
  if (type === 'COMPOSITE' && composable) return type;
  if (type === 'FULL_OBJECT' && wholeable) return type;
  throw new S3Error(
    400,
    'InvalidRequest',
    `The ${type} checksum type cannot be used with the ${algorithm ?? 'missing'} checksum algorithm.`,
  );
}
