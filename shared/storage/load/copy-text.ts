import type { IntervalBlock } from '../../intervals/block.ts';
import { boundedText } from '../storable-text.ts';
import { maxMeterLength } from './staged-blocks.ts';
import { storedValues } from './stored-values.ts';

/** The columns of a staged block, in the order of {@link copyLine}. */
export const copyColumns =
  'member, esiid, channel, usage_date, revised_at, content, meter, slots, first_slot, wh, kwh, estimated';

const nullField = '\\N';

/** A block as a line of COPY's text format. ESIID, dates, decimals, bits and hash never need escaping. */
export function copyLine(block: IntervalBlock, member: number, receivedAt: string): string {
  const { first, end } = heldSlots(block.kwh);
  const isWhole = end - first === block.kwh.length;
  const { wh, kwh } = storedValues(isWhole ? block.kwh : block.kwh.slice(first, end));
  const estimated = isWhole ? block.estimated : block.estimated?.slice(first, end);
  return (
    `${member}\t${block.esiid}\t${block.channel}\t${block.usageDate}\t${block.revisedAt ?? receivedAt}\t${block.content}\t` +
    `${block.meter === null ? nullField : escapeField(block.meter)}\t${block.kwh.length}\t${first}\t${wh ?? nullField}\t${kwh ?? nullField}\t${estimated ?? nullField}\n`
  );
}

/** The slots from the first with a value to the last: of a part of a day that is read row by row, one. */
function heldSlots(kwh: readonly (string | null)[]): { readonly first: number; readonly end: number } {
  let first = 0;
  let end = kwh.length;
  while (first < end && kwh[first] === null) first++;
  while (end > first && kwh[end - 1] === null) end--;
  return { first, end };
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escapeField(text: string): string {
  return boundedText(text, maxMeterLength).replaceAll(
    /[\\\t\n\r]/g,
    (character) => escapes[character] ?? character,
  );
}
