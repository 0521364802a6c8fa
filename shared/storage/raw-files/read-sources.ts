import { sql } from 'kysely';
import type { Database } from '../database.ts';

/** Maximum number of sources that are listed. */
const maxSources = 50;
/** A source delivers daily if it had a file with data on this many of the fourteen days before the last. */
const activeDaysOfDaily = 10;

export interface SourceStatus {
  readonly source: string;
  readonly lastReceivedAt: Date;
  /** It brings data on most days. */
  readonly isDaily: boolean;
  /** It brings data on most days, and has brought none for as long as that may take. */
  readonly isLate: boolean;
}

/**
 * The sources of files, the last to send one first. They are walked by skipping through their index: there are few of them, and
 * many files of each.
 * @param silenceHours how long a daily source may be silent
 */
export async function readSources(
  { kysely }: Database,
  silenceHours: number,
): Promise<readonly SourceStatus[]> {
  const withData = sql`file.source = name.source and file.status = 'normalized'`;
  const { rows } = await sql<SourceStatus>`
    with recursive name (source) as (
      (select source from raw_files order by source limit 1)
      union all
      select (select file.source from raw_files file where file.source > name.source order by file.source limit 1)
      from name where name.source is not null
    ), known as (
      select source,
        (select received_at from raw_files file where file.source = name.source order by received_at desc limit 1)
          as "lastReceivedAt",
        (select count(*) from generate_series(1, 14) day where exists (
          select from raw_files file
          where ${withData} and received_at > now() - (day + 1) * interval '1 day' and received_at <= now() - day * interval '1 day'
        )) >= ${activeDaysOfDaily} as "isDaily",
        not exists (
          select from raw_files file where ${withData} and received_at > now() - ${silenceHours} * interval '1 hour'
        ) as "isSilent"
      from name where source is not null limit ${maxSources}
    )
    select source, "lastReceivedAt", "isDaily", "isDaily" and "isSilent" as "isLate"
    from known order by "lastReceivedAt" desc`.execute(kysely);
  return rows;
}
