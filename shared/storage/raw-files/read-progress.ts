import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { pendingStatuses, type RawFileStatus } from '../tables.ts';

export interface FileProgress {
  readonly id: string;
  readonly status: RawFileStatus;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** By its last attempt. */
  readonly intervalsInserted: number;
  /** The status is final: normalized, ignored, failed or duplicate. */
  readonly isFinished: boolean;
}

/** The state of these files. */
export async function readProgress(
  { kysely }: Database,
  ids: readonly string[],
): Promise<readonly FileProgress[]> {
  const { rows } = await sql<FileProgress>`
    select id, status, error_code as "errorCode", error_message as "errorMessage",
      intervals_inserted::float8 as "intervalsInserted", status not in (${sql.join(pendingStatuses)}) as "isFinished"
    from raw_files
    where id = any(${ids}::bigint[])`.execute(kysely);
  return rows;
}
