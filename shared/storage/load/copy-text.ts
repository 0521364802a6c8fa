import type { IntervalBlock } from '../../intervals/block.ts';
import { boundedText } from '../storable-text.ts';
import { arrayOf, maxMeterLength } from './staged-blocks.ts';

/** The columns of a staged block, in the order of {@link copyLine}. */
export const copyColumns = 'member, esiid, channel, usage_date, revised_at, content, meter, kwh, estimated';

const nullField = '\\N';

/** A block as a line of COPY's text format. ESIID, dates, decimals, bits and hash never need escaping. */
export function copyLine(block: IntervalBlock, member: number, receivedAt: string): string {
  return (
    `${member}\t${block.esiid}\t${block.channel}\t${block.usageDate}\t${block.revisedAt ?? receivedAt}\t${block.content}\t` +
    `${block.meter === null ? nullField : escapeField(block.meter)}\t${arrayOf(block.kwh)}\t${block.estimated ?? nullField}\n`
  );
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escapeField(text: string): string {
  return boundedText(text, maxMeterLength).replaceAll(
    /[\\\t\n\r]/g,
    (character) => escapes[character] ?? character,
  );
}
