import type { PoolClient } from 'pg';
import { stagedValues } from './staged-blocks.ts';

/**
 * Unites the staged blocks of each meter-day and revision: rows ordered by time leave a block for each interval of more meters
 * than their reader holds at once. What is stored then depends on the rows of a file and not on their order.
 *
 * The first value of each slot makes one block. Of a slot with several values, the second makes another one with those of the
 * other slots, and so on, as when the reader holds the whole day. Done in Postgres, which sorts within its work_mem.
 * @param leftOut members whose blocks are not loaded
 * @returns by how much the number of staged blocks fell
 */
export async function uniteBlocks(client: PoolClient, leftOut: ReadonlySet<number>): Promise<number> {
  const { rows } = await client.query<{ fewer: string }>(uniteStatement, [[...leftOut]]);
  return Number(rows[0]?.fewer);
}

const key = 'esiid, channel, usage_date, revised_at';

// The temporary table is only appended to, so that the order of its ctid is that in which blocks were staged. A block's content
// is the hash that the reader makes: its values as canonical decimals, and the estimated bits.
const uniteStatement = `
  with split as materialized (
    select ${key}, bool_and(wh is not null) as is_whole_wh, max(slots) as slots,
      (array_agg(meter order by ctid) filter (where meter is not null))[1] as meter
    from staged_blocks
    where member <> all($1::smallint[])
    group by ${key}
    having count(*) > 1 or min(coalesce(cardinality(wh), cardinality(kwh))) < max(slots)
  ), part as materialized (
    delete from staged_blocks using split
    where staged_blocks.esiid = split.esiid and staged_blocks.channel = split.channel
      and staged_blocks.usage_date = split.usage_date and staged_blocks.revised_at = split.revised_at
      and member <> all($1::smallint[])
    returning staged_blocks.ctid as position, staged_blocks.*
  ), held as (
    select ${key}, slot, value, is_estimated,
      row_number() over (partition by ${key}, slot order by min(position)) as layer
    from part cross join lateral ${stagedValues}
    group by ${key}, slot, value, is_estimated
  ), layer as (
    select ${key}, layer, array_agg(slot order by slot) as at, array_agg(value order by slot) as values,
      array_agg(is_estimated order by slot) as flags, bool_or(is_estimated = 1) as has_estimates
    from held
    group by ${key}, layer
  ), united as materialized (
    select ${key}, split.meter, slots, is_whole_wh, kwh, case when has_estimates then bits end as estimated
    from layer
    join split using (${key})
    cross join lateral (
      select array_agg(value order by slot) as kwh, string_agg(coalesce(flag, 0)::text, '' order by slot) as bits
      from generate_series(1, slots) slot left join unnest(at, values, flags) held (slot, value, flag) using (slot)
    ) day
  ), inserted as (
    insert into staged_blocks (member, ${key}, content, meter, slots, first_slot, wh, kwh, estimated)
    select -1, ${key},
      left(encode(sha256(convert_to(
        (select string_agg(coalesce(trim_scale(value)::text, ''), ',' order by slot)
          from unnest(kwh) with ordinality held (value, slot)) || '|' || coalesce(estimated, ''),
        'UTF8')), 'hex'), 32)::uuid,
      meter, slots, 0,
      case when is_whole_wh then
        array(select value * 1000 from unnest(kwh) with ordinality held (value, slot) order by slot)::smallint[]
      end,
      case when not is_whole_wh then kwh end,
      estimated::varbit
    from united
  )
  select (select count(*) from part) - (select count(*) from united) as fewer`;
