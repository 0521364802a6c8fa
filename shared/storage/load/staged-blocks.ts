import { type RawBuilder, sql } from 'kysely';
import type { IntervalBlock } from '../../intervals/block.ts';
import { boundedText } from '../storable-text.ts';

/** Maximum length of a meter's name. */
export const maxMeterLength = 100;

/** A block and the index of the member it came from. */
export interface StagedBlock {
  readonly block: IntervalBlock;
  readonly member: number;
}

export const stageStatement = `
  create temporary table staged_blocks (
    member smallint not null,
    esiid text collate "C" not null,
    channel smt_channel not null,
    usage_date date not null,
    revised_at timestamptz not null,
    content uuid not null,
    meter text,
    kwh numeric(10, 5)[] not null,
    estimated varbit
  ) on commit drop`;

/** The blocks in the temporary table, without those of these members. */
export function stagedRows(leftOut: ReadonlySet<number>): RawBuilder<unknown> {
  return sql`(select * from staged_blocks where member <> all(${[...leftOut]}::smallint[])) block`;
}

/** Blocks as parameters of the statement that inserts them. */
export function pendingRows(pending: readonly StagedBlock[], receivedAt: string): RawBuilder<unknown> {
  const column = (value: (block: IntervalBlock) => string | null) => pending.map(({ block }) => value(block));
  return sql`unnest(
    ${column(({ esiid }) => esiid)}::text[],
    ${column(({ channel }) => channel)}::smt_channel[],
    ${column(({ usageDate }) => usageDate)}::date[],
    ${column(({ revisedAt }) => revisedAt ?? receivedAt)}::timestamptz[],
    ${column(({ content }) => content)}::uuid[],
    ${column(({ meter }) => boundedText(meter, maxMeterLength))}::text[],
    ${column(({ kwh }) => arrayOf(kwh))}::text[],
    ${column(({ estimated }) => estimated)}::varbit[]
  ) block (esiid, channel, usage_date, revised_at, content, meter, kwh, estimated)`;
}

/** Decimals in Postgres' text form of an array. */
export function arrayOf(kwh: readonly (string | null)[]): string {
  let text = '';
  for (const value of kwh) text += text === '' ? (value ?? 'NULL') : `,${value ?? 'NULL'}`;
  return `{${text}}`;
}
