import { type RawBuilder, sql } from 'kysely';
import type { IntervalBlock } from '../../intervals/block.ts';
import { boundedText } from '../storable-text.ts';
import { storedValues } from './stored-values.ts';

/** Maximum length of a meter's name. */
export const maxMeterLength = 100;

/** A block and the index of the member it came from. */
export interface StagedBlock {
  readonly block: IntervalBlock;
  readonly member: number;
}

/**
 * A staged block has the values from first_slot on, which is 0 and all slots when uniteBlocks has run. Bits of estimates
 * likewise.
 */
export const stageStatement = `
  create temporary table staged_blocks (
    member smallint not null,
    esiid text collate "C" not null,
    channel smt_channel not null,
    usage_date date not null,
    revised_at timestamptz not null,
    content uuid not null,
    meter text,
    slots smallint not null,
    first_slot smallint not null,
    wh smallint[],
    kwh numeric(10, 5)[],
    estimated varbit
  ) on commit drop`;

/** The united blocks in the temporary table, without those of these members. */
export function stagedRows(leftOut: ReadonlySet<number>): RawBuilder<unknown> {
  return sql`(select * from staged_blocks where member <> all(${[...leftOut]}::smallint[])) block`;
}

/** Blocks as parameters of the statement that inserts them. */
export function pendingRows(pending: readonly StagedBlock[], receivedAt: string): RawBuilder<unknown> {
  const values = pending.map(({ block }) => storedValues(block.kwh));
  const column = (value: (block: IntervalBlock) => string | null) => pending.map(({ block }) => value(block));
  return sql`unnest(
    ${column(({ esiid }) => esiid)}::text[],
    ${column(({ channel }) => channel)}::smt_channel[],
    ${column(({ usageDate }) => usageDate)}::date[],
    ${column(({ revisedAt }) => revisedAt ?? receivedAt)}::timestamptz[],
    ${column(({ content }) => content)}::uuid[],
    ${column(({ meter }) => boundedText(meter, maxMeterLength))}::text[],
    ${values.map(({ wh }) => wh)}::text[],
    ${values.map(({ kwh }) => kwh)}::text[],
    ${column(({ estimated }) => estimated)}::varbit[]
  ) block (esiid, channel, usage_date, revised_at, content, meter, wh, kwh, estimated)`;
}

/** The values of a row of staged_blocks: slot, value in kWh, is_estimated (0 or 1). A table to join laterally. */
export const stagedValues = `(
  select first_slot + number as slot, coalesce(held.wh * 0.001, held.kwh) as value,
    coalesce(get_bit(estimated, number::integer - 1), 0) as is_estimated
  from unnest(wh, kwh) with ordinality held (wh, kwh, number)
  where held.wh is not null or held.kwh is not null
) value`;
