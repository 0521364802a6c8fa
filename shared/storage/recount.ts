import type { PoolClient } from 'pg';
import type { MemberReport, RowCounts } from '../smt/account.ts';

/** Values of one member that fell on a slot another of its blocks of the same revision holds too. */
export interface SharedSlots {
  readonly member: number;
  /** Values beyond the first of their slot. */
  readonly repeated: number;
  /** Of these, distinct other values. */
  readonly conflicting: number;
  /** Of these, values that were there already. */
  readonly duplicate: number;
}

/**
 * Counts, over the staged blocks of these members, the values beyond the first of each slot and revision. Reads slots only
 * of meter-days with several blocks, which is what an early flush leaves.
 */
export async function countSharedSlots(
  client: PoolClient,
  members: readonly number[],
): Promise<readonly SharedSlots[]> {
  if (members.length === 0) return [];
  const { rows } = await client.query<Record<keyof SharedSlots, string>>(countStatement, [members]);
  return rows.map((row) => ({
    member: Number(row.member),
    repeated: Number(row.repeated),
    conflicting: Number(row.conflicting),
    duplicate: Number(row.duplicate),
  }));
}

const countStatement = `
  with split as (
    select member, esiid, channel, usage_date, revised_at, kwh, estimated
    from (
      select *, count(*) over (partition by member, esiid, channel, usage_date, revised_at) as blocks
      from staged_blocks
      where member = any($1::smallint[])
    ) staged
    where blocks > 1
  ), slot as (
    select
      member,
      count(*) as held,
      count(distinct (value.kwh, coalesce(get_bit(estimated, number::integer - 1), 0))) as distinct_values
    from split cross join lateral unnest(kwh) with ordinality as value (kwh, number)
    where value.kwh is not null
    group by member, esiid, channel, usage_date, revised_at, number
    having count(*) > 1
  )
  select member, sum(held - 1) as repeated, sum(distinct_values - 1) as conflicting,
    sum(held - distinct_values) as duplicate
  from slot
  group by member`;

/** Takes what {@link countSharedSlots} found back from the intervals read, of the members and of the file. */
export function correctCounts(
  report: { readonly counts: RowCounts; readonly members: readonly MemberReport[] },
  shared: readonly SharedSlots[],
): { readonly counts: RowCounts; readonly members: readonly MemberReport[] } {
  const members = report.members.map((member, index) => ({
    ...member,
    counts: takeBack(
      member.counts,
      shared.filter((slots) => slots.member === index),
    ),
  }));
  return { counts: takeBack(report.counts, shared), members };
}

function takeBack(counts: RowCounts, shared: readonly SharedSlots[]): RowCounts {
  const corrected = { ...counts };
  for (const slots of shared) {
    corrected.intervalsRead -= slots.repeated;
    corrected.conflictingRows += slots.conflicting;
    corrected.duplicateRows += slots.duplicate;
  }
  return corrected;
}
