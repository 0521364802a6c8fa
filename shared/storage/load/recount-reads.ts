import type { PoolClient } from 'pg';
import type { MemberReport } from '../../intervals/row-counts.ts';

/** Reads of one member as its temporary table holds them. */
export interface StagedReadCounts {
  readonly member: number;
  /** Reads staged, the values under different keys, and the different values. */
  readonly staged: number;
  readonly keys: number;
  readonly values: number;
}

/**
 * Counts the reads of members with more of them than their reader compares: which of the staged rows are the first of their
 * key, conflict with it, or are duplicates.
 */
export async function countStagedReads(
  client: PoolClient,
  result: { readonly members: readonly MemberReport[]; readonly recountReadMembers: readonly number[] },
): Promise<readonly StagedReadCounts[]> {
  const counts: StagedReadCounts[] = [];
  for (const member of result.recountReadMembers) {
    const statement = result.members[member]?.kind === 'daily' ? dailyStatement : monthlyStatement;
    const { rows } = await client.query<Record<keyof StagedReadCounts, string>>(statement, [member]);
    const [row] = rows;
    counts.push({
      member,
      staged: Number(row?.staged),
      keys: Number(row?.keys),
      values: Number(row?.values),
    });
  }
  return counts;
}

const dailyStatement = countStatement('staged_daily_reads', 'esiid, channel, usage_date, revised_at');
const monthlyStatement = countStatement(
  'staged_monthly_reads',
  'esiid, channel, start_date, end_date, revised_at',
);

function countStatement(table: string, key: string): string {
  return `
    select coalesce(sum(rows), 0) as staged, count(*) filter (where is_first) as keys, count(*) as values
    from (
      select count(*) as rows, row_number() over (partition by ${key}) = 1 as is_first
      from ${table}
      where member = $1
      group by ${key}, content
    ) read`;
}
