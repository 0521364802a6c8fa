import { apiFiles } from './form-api-json.ts';
import { csv2017 } from './form-csv-2017.ts';
import { feedStyles, greenButtonFeed } from './form-green-button.ts';
import { portalResponse } from './form-portal-json.ts';
import type { Reading } from './smt-meter.ts';

/** Each form that is not the CSV of today, by what writes it. */
export const formWriters: Readonly<Record<string, (readings: readonly Reading[]) => string>> = {
  'CSV of 2017': csv2017,
  'portal JSON': portalResponse,
  ...Object.fromEntries(Object.entries(apiFiles).map(([name, write]) => [`API JSON, ${name}`, write])),
  ...Object.fromEntries(
    Object.entries(feedStyles).map(([name, style]) => [
      `Green Button, ${name}`,
      (readings: readonly Reading[]) => greenButtonFeed(readings, style),
    ]),
  ),
};

/** Damage to one of the signs that hold a form together. */
export interface SignDamage {
  readonly at: number;
  readonly what: 'drop' | 'double' | 'swap';
  /** Where a moved sign goes. */
  readonly to: number;
}

/** Drops, doubles or moves one of the signs that hold a form together; digits, points and letters stay what they are. */
export function damageSign(text: string, { at, what, to }: SignDamage): string {
  const signs = [...text.matchAll(/[^\w.\s]/g)].map(({ index }) => index);
  const index = signs[at % signs.length] ?? 0;
  const sign = text[index] ?? '';
  if (what === 'double') return text.slice(0, index) + sign + text.slice(index);
  const without = text.slice(0, index) + text.slice(index + 1);
  if (what === 'drop') return without;
  const place = to % without.length;
  return without.slice(0, place) + sign + without.slice(place);
}
