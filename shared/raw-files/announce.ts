import type { Database } from '../storage/database.ts';
import { findUnannounced, type UnannouncedFile } from '../storage/raw-files/find-unannounced.ts';
import { markAnnounced } from '../storage/raw-files/mark-announced.ts';
import type { NormalizeOutcome } from './normalize-raw-file.ts';

/** What the topic `file-normalized` says of a file. */
export interface Announcement {
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
}

export type Publish = (announcement: Announcement) => Promise<void>;

/**
 * Announces a normalized file, after its commit: at least once, since a crash between publishing and noting it has the
 * sweep announce it again.
 * @returns whether there was something to announce
 */
export async function announce(database: Database, publish: Publish, rawFileId: string): Promise<boolean> {
  const file = await findUnannounced(database, rawFileId);
  if (file) await announceFile(database, publish, file);
  return file !== null;
}

/**
 * Announces what an attempt has just done, from what is known of it; {@link announce} asks the database if a file had come
 * to its end before, so that what died between commit and announcement is made up for.
 */
export async function announceOutcome(
  database: Database,
  publish: Publish,
  rawFileId: string,
  outcome: NormalizeOutcome,
): Promise<void> {
  if (outcome.kind !== 'done') {
    await announce(database, publish, rawFileId);
    return;
  }
  const { file, report, loaded } = outcome;
  if (report.status !== 'normalized') return;
  await announceFile(database, publish, {
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
  });
}

export async function announceFile(
  database: Database,
  publish: Publish,
  file: UnannouncedFile,
): Promise<void> {
  const { attempt, intervalMinAt, intervalMaxAt, ...facts } = file;
  await publish({
    ...facts,
    esiidsCut: file.esiidCount > file.esiids.length,
    intervalMinAt: intervalMinAt?.toISOString() ?? null,
    intervalMaxAt: intervalMaxAt?.toISOString() ?? null,
  });
  await markAnnounced(database, { id: file.id, attempt });
}
