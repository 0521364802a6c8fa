import type { PoolClient } from 'pg';
import type { MemberKind, MemberReport, RowCounts } from '../../intervals/row-counts.ts';
import type { StagedReadCounts } from './recount-reads.ts';
import { stagedValues } from './staged-blocks.ts';

/** Values of one member in a slot that another of its blocks of the same revision also has. */
export interface SharedSlots {
  readonly member: number;
  /** Values beyond the first of their slot. */
  readonly repeated: number;
  /** Of these, distinct other values. */
  readonly conflicting: number;
  /** Of these, duplicates. */
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

const key = 'member, esiid, channel, usage_date, revised_at';

const countStatement = `
  with split as materialized (
    select ${key}
    from staged_blocks
    where member = any($1::smallint[])
    group by ${key}
    having count(*) > 1
  ), value as (
    select ${key}, slot, value, is_estimated, count(*) as held
    from staged_blocks join split using (${key}) cross join lateral ${stagedValues}
    group by ${key}, slot, value, is_estimated
  ), slot as (
    select member, sum(held) as held, count(*) as distinct_values
    from value
    group by ${key}, slot
    having sum(held) > 1
  )
  select member, sum(held - 1) as repeated, sum(distinct_values - 1) as conflicting,
    sum(held - distinct_values) as duplicate
  from slot
  group by member`;

interface Report {
  readonly counts: RowCounts;
  readonly members: readonly MemberReport[];
}

type Correction = Partial<RowCounts>;

/**
 * Corrects the counts of the recounted members, and of the file, by what {@link countSharedSlots} and
 * {@link countStagedReads} found. The reader of the file counted every staged value as read or as conflicting, by what it
 * held at the time. The correct counts are one read value per slot, day or period, each different value as conflicting, and
 * the rest as duplicates.
 */
export function correctCounts(
  report: Report & { readonly recountMembers: readonly number[] },
  shared: readonly SharedSlots[],
  reads: readonly StagedReadCounts[],
): Report {
  const corrections = report.members.map(({ counts, kind }, index): Correction => {
    const ofReads = reads.find(({ member }) => member === index);
    if (ofReads) return readCorrection(counts, kind, ofReads);
    if (!report.recountMembers.includes(index)) return {};
    return slotCorrection(
      counts,
      shared.find(({ member }) => member === index),
    );
  });
  return {
    counts: corrections.reduce(add, report.counts),
    members: report.members.map((member, index) => ({
      ...member,
      counts: add(member.counts, corrections[index] ?? {}),
    })),
  };
}

function slotCorrection({ conflictingRows }: RowCounts, found: SharedSlots | undefined): Correction {
  const { repeated = 0, conflicting = 0, duplicate = 0 } = found ?? {};
  return {
    intervalsRead: conflictingRows - repeated,
    conflictingRows: conflicting - conflictingRows,
    duplicateRows: duplicate,
  };
}

function readCorrection(counts: RowCounts, kind: MemberKind, found: StagedReadCounts): Correction {
  const { staged, keys, values } = found;
  const name = kind === 'daily' ? 'dailyReadsRead' : 'monthlyReadsRead';
  return {
    [name]: keys - counts[name],
    conflictingRows: values - keys - counts.conflictingRows,
    duplicateRows: staged - values,
  };
}

function add(counts: RowCounts, correction: Correction): RowCounts {
  const sum = { ...counts };
  for (const [name, count] of Object.entries(correction)) sum[name as keyof RowCounts] += count;
  return sum;
}
