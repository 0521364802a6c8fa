import { findUnannounced, type UnannouncedFile } from '../storage/announcements.ts';
import type { Database } from '../storage/database.ts';
import { markAnnounced } from '../storage/mark-announced.ts';

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
