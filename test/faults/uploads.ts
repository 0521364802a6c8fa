import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { PlannedFile } from './files.ts';
import type { PlannedUpload } from './plan.ts';
import type { World } from './world.ts';

const patienceMs = 60_000;
const retryMs = 100;

/** What was uploaded and deleted, for the checks. */
export interface UploadLog {
  /** Planned files by the ETags S3 gives their bytes. */
  readonly filesByEtag: ReadonlyMap<string, PlannedFile>;
  /** Versions that were deleted for good: `key version`. */
  readonly deleted: Set<string>;
}

export function newUploadLog(uploads: readonly PlannedUpload[]): UploadLog {
  const filesByEtag = new Map<string, PlannedFile>();
  for (const { file } of uploads) {
    filesByEtag.set(md5(file.bytes).toString('hex'), file);
    filesByEtag.set(`${md5(md5(file.bytes)).toString('hex')}-1`, file);
  }
  return { filesByEtag, deleted: new Set() };
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}

/** Uploads a file as an operator's script would: again and again, until the API confirms that it has arrived. */
export async function upload(world: World, planned: PlannedUpload, log: UploadLog): Promise<void> {
  const s3 = world.s3Client();
  try {
    const stored =
      planned.by === 'presigned' ? await viaPresigned(world, planned) : await drop(s3, world, planned);
    if (stored) await remove(s3, world.stack.s3.bucket, stored, planned, log);
  } finally {
    s3.destroy();
  }
}

interface Stored {
  readonly key: string;
  readonly versionId: string;
}

async function remove(
  s3: S3Client,
  Bucket: string,
  { key: Key, versionId: VersionId }: Stored,
  { afterwards }: PlannedUpload,
  log: UploadLog,
): Promise<void> {
  if (afterwards === 'delete-marker') await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  if (afterwards !== 'delete-version') return;
  log.deleted.add(`${Key} ${VersionId}`);
  await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
}

/** @returns null if the content was there, or if its arrival was confirmed without a version */
async function viaPresigned(world: World, { file }: PlannedUpload): Promise<Stored | null> {
  const { apiUrl, adminToken } = world.stack;
  return persist(async () => {
    const response = await fetch(`${apiUrl}/api/admin/smt/raw-upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        filename: file.filename,
        size_bytes: file.bytes.length,
        sha256: createHash('sha256').update(file.bytes).digest('hex'),
        ...(file.hint && { esiid: file.hint }),
      }),
    });
    if (!response.ok) throw new Error(`raw-upload returned ${response.status}: ${await response.text()}`);
    const grant = (await response.json()) as Granted;
    if (grant.duplicate) return null;
    const { 'content-length': _, ...headers } = grant.upload.headers; // fetch sets it
    const put = await fetch(grant.upload.url, { method: 'PUT', headers, body: new Uint8Array(file.bytes) });
    await put.arrayBuffer();
    if (put.status === 412) return null;
    if (!put.ok) throw new Error(`S3 returned ${put.status}`);
    return { key: grant.object_key, versionId: put.headers.get('x-amz-version-id') ?? '' };
  });
}

interface Granted {
  readonly duplicate?: boolean;
  readonly object_key: string;
  readonly upload: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
}

async function drop(s3: S3Client, world: World, { by, key, file }: PlannedUpload): Promise<Stored> {
  const target = { Bucket: world.stack.s3.bucket, Key: key };
  return persist(async () => {
    if (by === 'drop') {
      const { VersionId = '' } = await s3.send(new PutObjectCommand({ ...target, Body: file.bytes }));
      return { key, versionId: VersionId };
    }
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(target));
    const { ETag } = await s3.send(
      new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: file.bytes }),
    );
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    const completed = await s3.send(
      new CompleteMultipartUploadCommand({ ...target, UploadId, MultipartUpload }),
    );
    return { key, versionId: completed.VersionId ?? '' };
  });
}

async function persist<T>(attempt: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + patienceMs; ; await sleep(retryMs)) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
