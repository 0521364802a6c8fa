import type { Channel } from '../../intervals/block.ts';
import { parseKwh } from '../../intervals/kwh.ts';
import { remember } from './remember.ts';
import { type Label, parseDate, parseLabel, parseRevision } from './time/labels.ts';
import type { DateOrders } from './time/written-date.ts';

/** Canonical kWh; '' for a blank; null if it is not an exact decimal that fits. */
export const kwhOf = remember((text): string | null => (text === '' ? '' : parseKwh(text)));

/** A civil date as SMT writes it; Excel may have added a midnight to it. */
export const dateOf = remember((text): string | null => parseDate(text));

/** ISO instant of a revision stamp as SMT writes it; null for a blank, undefined if it cannot be read. */
export const revisionOf = remember((text): string | null | undefined =>
  text === '' ? null : (parseRevision(text) ?? undefined),
);

/** Reads the cells that hold dates in a file that writes them in one order. */
export interface DateCells {
  readonly dateOf: (text: string) => string | null;
  readonly labelOf: (text: string) => Label | null;
  readonly revisionOf: (text: string) => string | null | undefined;
}

export function dateCells(orders: DateOrders): DateCells {
  return {
    dateOf: remember((text) => parseDate(text, orders)),
    labelOf: remember((text) => parseLabel(text, orders)),
    revisionOf: remember((text) => (text === '' ? null : (parseRevision(text, orders) ?? undefined))),
  };
}

/** Letters and digits only: case, blanks and punctuation are not significant in names and words. */
export function reduced(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** What the words of a flag column mean: whether the reading is estimated; null if they are unknown. */
export type FlagOf = (text: string) => boolean | null;

function flagOf(words: Readonly<Record<string, boolean>>): FlagOf {
  const all = new Map(
    Object.entries({
      '': false,
      a: false,
      act: false,
      actual: false,
      e: true,
      est: true,
      estimated: true,
      estimate: true,
      ...words,
    }),
  );
  return remember((text) => all.get(reduced(text)) ?? null);
}

/** `A` or `E`, regardless of the column's name; a blank, or a file without the column, means an actual read. */
const isEstimated = flagOf({});
const yes = { yes: true, y: true, true: true, 1: true, no: false, n: false, false: false, 0: false };
const estimatedFlag = flagOf(yes);
const actualFlag = flagOf(Object.fromEntries(Object.entries(yes).map(([word, value]) => [word, !value])));

/** The words of a column of this name: yes and no confirm or deny the name, and are unknown if the name says both. */
export function flagWords(name: string): FlagOf {
  const word = reduced(name);
  const [saysEstimated, saysActual] = [word.includes('est'), word.includes('act')];
  if (saysEstimated === saysActual) return isEstimated;
  return saysEstimated ? estimatedFlag : actualFlag;
}

const channelOfWord: Readonly<Record<string, Channel>> = {
  consumption: 'consumption',
  consumed: 'consumption',
  fromgrid: 'consumption',
  receivedfromgrid: 'consumption',
  deliveredtocustomer: 'consumption',
  generation: 'generation',
  surplusgeneration: 'generation',
  surplus: 'generation',
  togrid: 'generation',
  returnedtogrid: 'generation',
  senttogrid: 'generation',
  deliveredtogrid: 'generation',
  receivedfromcustomer: 'generation',
};

/** The channel that a cell names unambiguously; `Delivered` and `Received` alone depend on the point of view. */
export const channelOf = remember((text): Channel | null => channelOfWord[reduced(text)] ?? null);
