import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { esiidsOfFile } from './esiids-of-file.ts';
import { isUnannounced } from './has-status.ts';

/** A normalized file that has not been announced, and the content of its announcement. */
export interface UnannouncedFile {
  readonly id: string;
  /** For {@link markAnnounced}. */
  readonly attempt: number;
  readonly filename: string;
  readonly source: string;
  /** The first thousand. */
  readonly esiids: readonly string[];
  readonly esiidCount: number;
  readonly intervalMinAt: Date | null;
  readonly intervalMaxAt: Date | null;
  readonly intervalsInserted: number;
  readonly blocksChanged: number;
  readonly dailyReadsInserted: number;
  readonly monthlyReadsInserted: number;
}

function unannounced({ kysely }: Database) {
  return kysely
    .selectFrom('raw_files')
    .select(['id', 'attempts as attempt', 'filename', 'source', 'esiid_count as esiidCount'])
    .select(esiidsOfFile(sql.ref('raw_files.id')).as('esiids'))
    .select(['interval_min_at as intervalMinAt', 'interval_max_at as intervalMaxAt'])
    .select((row) => row.cast<number>('intervals_inserted', 'double precision').as('intervalsInserted'))
    .select((row) => row.cast<number>('blocks_inserted', 'double precision').as('blocksChanged'))
    .select((row) => row.cast<number>('daily_reads_inserted', 'double precision').as('dailyReadsInserted'))
    .select((row) =>
      row.cast<number>('monthly_reads_inserted', 'double precision').as('monthlyReadsInserted'),
    )
    .where(isUnannounced);
}

/** The pending announcement of a file; null if there is none. */
export async function findUnannounced(database: Database, id: string): Promise<UnannouncedFile | null> {
  return (await unannounced(database).where('id', '=', id).executeTakeFirst()) ?? null;
}

/**
 * Files of a bucket that were normalized before an instant and are still not announced, oldest first: their worker died before
 * the announcement. Leaves out locked rows, since recording their announcement would wait for the lock.
 */
export async function listUnannounced(
  database: Database,
  { bucket, before, limit }: { readonly bucket: string; readonly before: Date; readonly limit: number },
): Promise<readonly UnannouncedFile[]> {
  return unannounced(database)
    .where('bucket', '=', bucket)
    .where('normalized_at', '<', before)
    .orderBy('normalized_at')
    .limit(limit)
    .forNoKeyUpdate()
    .skipLocked()
    .execute();
}
