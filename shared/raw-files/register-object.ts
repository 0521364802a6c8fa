import type { Database } from '../storage/database.ts';
import { registerRawFile } from '../storage/raw-files/register-raw-file.ts';
import { registerUnreadableObject } from '../storage/raw-files/register-unreadable-object.ts';
import { storableText } from '../storage/storable-text.ts';
import type { RawFileStatus } from '../storage/tables.ts';
import { describeKey, isRawFileKey } from './object-key.ts';
import { type NotifiedVersion, ObjectDeletedError, type ObjectStore } from './object-store.ts';
import { type Queue, queueRawFiles } from './queue-raw-files.ts';

export interface RegisterDependencies {
  readonly database: Database;
  readonly objects: ObjectStore;
  readonly queue: Queue;
  /** Larger objects without a hash are registered without one, so they are never duplicates; default: no limit. */
  readonly maxHashedBytes?: number;
}

export interface RegisteredObject {
  readonly rawFileId: string;
  readonly status: RawFileStatus;
  /** False: it had a row already. */
  readonly created: boolean;
  readonly source: string;
  readonly sizeBytes: number;
}

/**
 * Registers an object version: inserts its row, and sends a message to normalize it unless it is a duplicate. Safe to
 * repeat at any time; a repetition after a crash between row and message sends the message. A version that was deleted
 * before it could be read, or whose key cannot be stored, gets a row with that error.
 * @returns null for an object that is not a raw file, or a deleted one that already had a row
 */
export async function registerObject(
  deps: RegisterDependencies,
  version: NotifiedVersion,
): Promise<RegisteredObject | null> {
  if (!isRawFileKey(version.objectKey, version.sizeBytes)) return null;
  if (storableText(version.objectKey) !== version.objectKey)
    return registerFailed(deps, version, unusableKey);
  try {
    return await registerStored(deps, version);
  } catch (error) {
    if (!(error instanceof ObjectDeletedError)) throw error;
    return registerFailed(deps, version, error);
  }
}

/** Postgres cannot store such a key, so no row could name the object. */
const unusableKey = {
  code: 'unusable-key',
  message:
    'The key of the object holds NUL or half a surrogate pair, shown as \uFFFD here, and cannot be kept. Copy the object to a key without.',
};

async function registerFailed(
  { database }: RegisterDependencies,
  version: NotifiedVersion,
  error: { readonly code: string; readonly message: string },
): Promise<RegisteredObject | null> {
  const described = describeKey(version.objectKey);
  const rawFileId = await registerUnreadableObject(database, { ...version, ...described }, error);
  if (rawFileId === null) return null;
  const { sizeBytes } = version;
  return { rawFileId, status: 'failed', created: true, source: described.source, sizeBytes };
}

async function registerStored(
  { database, objects, queue, maxHashedBytes = Number.POSITIVE_INFINITY }: RegisterDependencies,
  version: NotifiedVersion,
): Promise<RegisteredObject> {
  const metadata = await objects.metadata(version);
  const described = describeKey(version.objectKey);
  const isWorthReading = metadata.sha256 === null && metadata.sizeBytes <= maxHashedBytes;
  const sha256 = isWorthReading ? await objects.sha256(version) : metadata.sha256;
  const row = await registerRawFile(database, { ...version, ...metadata, ...described, sha256 });
  if (row.status === 'registered') await queueRawFiles(database, queue, [row.id]);
  const { id: rawFileId, status, created } = row;
  return { rawFileId, status, created, source: described.source, sizeBytes: metadata.sizeBytes };
}
