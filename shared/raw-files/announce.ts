import type { AuditCounts } from '../reads/audit-counts.ts';
import type { Database } from '../storage/database.ts';
import { findUnannounced, type UnannouncedFile } from '../storage/raw-files/find-unannounced.ts';
import { markAnnounced } from '../storage/raw-files/mark-announced.ts';
import { auditRawFile } from '../storage/reads/audit-raw-file.ts';
import type { NormalizeOutcome } from './normalize-raw-file.ts';

/** Message of the topic `file-normalized`: a file, and what the audit of its days found at publication. */
export interface Announcement extends AuditCounts {
  readonly id: string;
  readonly filename: string;
  readonly source: string;
  /** The first thousand; `esiidCount` is how many there are, `esiidsCut` whether some are left out. */
  readonly esiids: readonly string[];
  readonly esiidCount: number;
  readonly esiidsCut: boolean;
  /** Start of the first and of the last interval, ISO instants. */
  readonly intervalMinAt: string | null;
  readonly intervalMaxAt: string | null;
  readonly intervalsInserted: number;
  readonly blocksChanged: number;
  readonly dailyReadsInserted: number;
  readonly monthlyReadsInserted: number;
}

export type Publish = (announcement: Announcement) => Promise<void>;

/**
 * Announces a normalized file, after its commit: at least once, since after a crash between publishing and recording it the
 * sweep announces it again.
 * @returns what the audit of its days found; null if there was nothing to announce
 */
export async function announce(
  database: Database,
  publish: Publish,
  rawFileId: string,
): Promise<AuditCounts | null> {
  const file = await findUnannounced(database, rawFileId);
  return file && announceFile(database, publish, file);
}

/**
 * Announces the outcome of an attempt from memory. If the file already had a final status, {@link announce} reads it from the
 * database, so that an announcement lost in a crash after the commit is made.
 */
export async function announceOutcome(
  database: Database,
  publish: Publish,
  rawFileId: string,
  outcome: NormalizeOutcome,
): Promise<AuditCounts | null> {
  if (outcome.kind !== 'done') return announce(database, publish, rawFileId);
  const { file, report, loaded } = outcome;
  // When one member of a file fails, the others are still loaded and change the audit of their days.
  if (report.status === 'failed' && loaded.esiidCount > 0) return auditRawFile(database, rawFileId);
  if (report.status !== 'normalized') return null;
  return announceFile(database, publish, {
    id: file.id,
    attempt: loaded.attempt,
    filename: file.filename,
    source: file.source,
    esiids: loaded.esiids,
    esiidCount: loaded.esiidCount,
    intervalMinAt: report.intervalMinAt === null ? null : new Date(report.intervalMinAt),
    intervalMaxAt: report.intervalMaxAt === null ? null : new Date(report.intervalMaxAt),
    intervalsInserted: loaded.intervalsInserted,
    blocksChanged: loaded.blocksInserted,
    dailyReadsInserted: loaded.dailyReadsInserted,
    monthlyReadsInserted: loaded.monthlyReadsInserted,
  });
}

/** Audits the file's days, publishes, and records the announcement. */
export async function announceFile(
  database: Database,
  publish: Publish,
  file: UnannouncedFile,
): Promise<AuditCounts> {
  const { attempt, intervalMinAt, intervalMaxAt, ...rest } = file;
  const audit = await auditRawFile(database, file.id);
  await publish({
    ...rest,
    ...audit,
    esiidsCut: file.esiidCount > file.esiids.length,
    intervalMinAt: intervalMinAt?.toISOString() ?? null,
    intervalMaxAt: intervalMaxAt?.toISOString() ?? null,
  });
  await markAnnounced(database, { id: file.id, attempt });
  return audit;
}
