import type { ArchiveLimits } from '../archive/limits.ts';
import type { Decrypt } from '../archive/members.ts';
import type { OpenPgpMessage } from '../archive/pgp/pgp.ts';
import {
  type BlockSink,
  failedReport,
  type RawFileReport,
  type ReadSink,
  readRawFile,
} from '../smt/read-raw-file.ts';
import type { Database } from '../storage/database.ts';
import { isTransientDatabaseError, LeaseLostError, rejectionSqlState } from '../storage/errors.ts';
import { type LoadSummary, openLoad } from '../storage/load/load-blocks.ts';
import { type ClaimedFile, claimRawFile } from '../storage/raw-files/claim-raw-file.ts';
import { recordTimeout } from '../storage/raw-files/record-timeout.ts';
import { type Released, releaseRawFile } from '../storage/raw-files/release-raw-file.ts';
import { restoreRawFile } from '../storage/raw-files/restore-raw-file.ts';
import type { RawFileStatus } from '../storage/tables.ts';
import { ForeignBucketError } from './foreign-bucket-error.ts';
import { ObjectDeletedError, type ObjectStore } from './object-store.ts';

/** How many attempts in a row may be lost (out of memory, timeout) or fail unexpectedly before a file fails. */
const maxLostAttempts = 3;
/** How long a file is retried after transient errors: longer than any outage. */
const maxRetryMs = 14 * 24 * 3_600_000;
/** How long before the timeout to record that the attempt is running out of time; for short attempts, a tenth of their time. */
const lastWordsMs = 3_000;

export interface NormalizeDependencies {
  readonly database: Database;
  readonly objects: ObjectStore;
  /** Without it, encrypted files fail with `pgp-key-missing`. */
  readonly openPgp?: OpenPgpMessage;
  /** Limits on what an archive unpacks to; the reader's defaults if left out. */
  readonly archiveLimits?: ArchiveLimits;
}

export interface NormalizeRequest {
  readonly rawFileId: string;
  /** This stack's; files of another are rejected. */
  readonly bucket: string;
  /** How long this worker has; its lease expires then. */
  readonly leaseMs: number;
  readonly workerId: string;
}

export type NormalizeOutcome =
  | {
      readonly kind: 'done';
      readonly file: ClaimedFile;
      readonly report: RawFileReport;
      readonly loaded: LoadSummary;
    }
  /** There was nothing to do: the file is finished or unknown. */
  | { readonly kind: 'skipped'; readonly why: string }
  /** A replay failed, and the file is unchanged. */
  | {
      readonly kind: 'kept';
      readonly status: RawFileStatus;
      readonly errorCode: string;
      readonly why: string;
    }
  /** Its attempts are exhausted. */
  | { readonly kind: 'given-up'; readonly errorCode: string; readonly why: string };

/** Another worker has the file; try again when its lease has ended. */
export class FileBusyError extends Error {
  readonly code = 'file-busy';
  readonly leaseExpiresAt: Date;
  constructor(rawFileId: string, leaseExpiresAt: Date) {
    super(
      `Raw file ${rawFileId} is being normalized by another worker until ${leaseExpiresAt.toISOString()}.`,
    );
    this.name = 'FileBusyError';
    this.leaseExpiresAt = leaseExpiresAt;
  }
}

/**
 * Normalizes one raw file: claims it, streams its intervals into the database, and ends it normalized, ignored or
 * failed, all in one transaction. Safe to repeat.
 * @throws FileBusyError, ForeignBucketError, and errors not caused by the file (database unavailable, S3 throttling): the file returns to
 *   `registered` for another attempt
 */
export async function normalizeRawFile(
  deps: NormalizeDependencies,
  request: NormalizeRequest,
): Promise<NormalizeOutcome> {
  const { rawFileId: id, bucket, leaseMs, workerId } = request;
  const claim = await claimRawFile(deps.database, { id, bucket, leaseMs, workerId, maxLostAttempts });
  switch (claim.outcome) {
    case 'claimed':
      break;
    case 'busy':
      throw new FileBusyError(id, claim.leaseExpiresAt);
    case 'foreign':
      throw new ForeignBucketError(`Raw file ${id}`, claim.bucket, bucket);
    case 'finished':
      return { kind: 'skipped', why: `already ${claim.status}` };
    case 'given-up':
      return { kind: 'given-up', errorCode: claim.errorCode, why: claim.errorMessage };
    case 'unknown':
      return { kind: 'skipped', why: 'no such raw file' };
  }
  const { file, leaseToken } = claim;
  const lastWords = setTimeout(
    // If that fails too, the attempt is lost without a record.
    () => void recordTimeout(deps.database, { id, leaseToken }).catch(() => undefined),
    leaseMs - Math.min(lastWordsMs, leaseMs / 10),
  );
  try {
    return await load(deps, file, leaseToken);
  } catch (error) {
    if (error instanceof LeaseLostError) throw error;
    const released = await release(deps.database, id, leaseToken, error);
    if (released.outcome === 'released') throw error;
    return { kind: 'given-up', errorCode: released.errorCode, why: released.errorMessage };
  } finally {
    clearTimeout(lastWords);
  }
}

async function load(
  deps: NormalizeDependencies,
  file: ClaimedFile,
  leaseToken: string,
): Promise<NormalizeOutcome> {
  const options = { rawFileId: file.id, leaseToken, receivedAt: file.receivedAt };
  const blocks = openLoad(deps.database, options);
  try {
    const report = await read(
      deps,
      file,
      (block, member) => blocks.add(block, member),
      (read, member) => blocks.addRead(read, member),
    );
    const kept = await restore(deps.database, file, leaseToken, report);
    if (kept === null) return { kind: 'done', file, report, loaded: await blocks.finish(report) };
    blocks.abort();
    return kept;
  } catch (error) {
    blocks.abort();
    const report = failureOf(error);
    if (report === null) throw error;
    const kept = await restore(deps.database, file, leaseToken, report);
    // In a separate load: nothing read before is kept.
    return (
      kept ?? { kind: 'done', file, report, loaded: await openLoad(deps.database, options).finish(report) }
    );
  }
}

/**
 * A failed replay is harmless: a normalized file stays normalized whatever the error, and a file whose object is deleted
 * returns to its previous status.
 */
async function restore(
  database: Database,
  { id, replayedFrom }: ClaimedFile,
  leaseToken: string,
  { status, errorCode, errorMessage }: RawFileReport,
): Promise<NormalizeOutcome | null> {
  if (status !== 'failed' || errorCode === null || errorMessage === null || replayedFrom === null)
    return null;
  if (replayedFrom !== 'normalized' && errorCode !== 'object-deleted') return null;
  const why = `The file is as it was before the replay, which failed: ${errorMessage}`;
  const restored = await restoreRawFile(database, { id, leaseToken, errorCode, errorMessage: why });
  return restored && { kind: 'kept', status: restored, errorCode, why };
}

function read(
  { objects, openPgp, archiveLimits: limits }: NormalizeDependencies,
  file: ClaimedFile,
  sink: BlockSink,
  readSink: ReadSink,
): Promise<RawFileReport> {
  const { filename, source, esiid: esiidHint, receivedAt } = file;
  const decrypt: Decrypt | undefined = openPgp && ((message, budget) => openPgp(message, receivedAt, budget));
  const options = { filename, source, esiidHint, receivedAt, decrypt, limits };
  return readRawFile(objects.source(file, file.sizeBytes), options, sink, readSink);
}

/** The reason a file failed, when no retry can fix it: its object is deleted, or the database rejects its content. */
function failureOf(error: unknown): RawFileReport | null {
  if (error instanceof ObjectDeletedError) return failedReport(error);
  const sqlState = rejectionSqlState(error);
  if (sqlState === null) return null;
  return failedReport({
    code: 'database-rejected',
    message: `The database rejected the file's content (SQLSTATE ${sqlState}). None of it was loaded; this is a bug in smt-ingest.`,
  });
}

/** Whether an error is one of ours, the database's, the object store's or the network's; the latter three may pass. */
function isKnown(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const hasCode = 'code' in error && typeof error.code === 'string' && !error.code.startsWith('ERR_');
  return hasCode || '$metadata' in error || isKnown(error.cause);
}

/**
 * Releases the file for another attempt, or fails it when its attempts are exhausted. If that fails too, the lease expires
 * by itself.
 * @returns whether the file failed, and why
 */
async function release(
  database: Database,
  id: string,
  leaseToken: string,
  cause: unknown,
): Promise<Released> {
  const errorMessage = cause instanceof Error ? cause.message : String(cause);
  const named =
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null;
  const errorCode = named ?? (cause instanceof Error ? cause.name : 'unknown');
  const limits = { isUnexpected: !isKnown(cause), maxLostAttempts, maxRetryMs };
  try {
    return await releaseRawFile(database, { id, leaseToken, errorCode, errorMessage, ...limits });
  } catch (error) {
    if (!isTransientDatabaseError(error) && !(error instanceof LeaseLostError)) throw error;
    return { outcome: 'released' };
  }
}
