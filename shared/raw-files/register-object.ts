import type { Database } from '../storage/database.ts';
import { markQueued } from '../storage/mark-queued.ts';
import { type RegisteredRawFile, registerRawFile } from '../storage/register-raw-file.ts';
import { describeKey, isRawFileKey } from './object-key.ts';
import type { ObjectStore, ObjectVersion } from './object-store.ts';

export interface RegisterDependencies {
  readonly database: Database;
  readonly objects: ObjectStore;
  /** Puts a raw file on the normalize queue. */
  readonly queue: (rawFileId: string) => Promise<void>;
}

/**
 * Registers an object version: its one row, and a message that has it normalized unless it is a duplicate. Safe to
 * repeat at any time; a repetition after a crash between row and message sends the message.
 * @returns the row; null for an object that is no raw file
 * @throws ObjectGoneError
 */
export async function registerObject(
  { database, objects, queue }: RegisterDependencies,
  version: ObjectVersion,
): Promise<(RegisteredRawFile & { filename: string; source: string; sizeBytes: number }) | null> {
  const facts = await objects.facts(version);
  if (!isRawFileKey(version.objectKey, facts.sizeBytes)) return null;
  const described = describeKey(version.objectKey);
  const sha256 = facts.sha256 ?? (await objects.sha256(version));
  const row = await registerRawFile(database, { ...version, ...facts, ...described, sha256 });
  if (row.status === 'registered') {
    await queue(row.id);
    await markQueued(database, [row.id]);
  }
  return { ...row, filename: described.filename, source: described.source, sizeBytes: facts.sizeBytes };
}
