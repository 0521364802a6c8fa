import type { Channel } from '../../intervals/block.ts';

/** Names of the ESPI units other than Wh that occur in meter feeds. */
const units: Readonly<Record<string, string>> = {
  '5': 'A',
  '29': 'V',
  '31': 'J',
  '38': 'W',
  '42': 'm³',
  '61': 'VA',
  '63': 'var',
  '71': 'VAh',
  '73': 'varh',
  '80': 'currency',
  '119': 'ft³',
  '132': 'BTU',
  '169': 'therm',
};
const wattHours = '72';

/** The meaning of a ReadingType. */
export type ReadingMeaning =
  | {
      readonly kind: 'energy';
      readonly channel: Channel;
      readonly exponent: number;
      readonly intervalLength: number | null;
    }
  /** Not energy: these readings are skipped. */
  | { readonly kind: 'other'; readonly why: string }
  | { readonly kind: 'unclear'; readonly why: string };

/**
 * Interprets a ReadingType (ESPI: uom 72 is Wh; flowDirection 1 from the grid, 19 to it; accumulationBehaviour 4 is the
 * energy of the interval itself, others are registers or averages).
 * @param isOnly whether no other type of the feed could be the other direction, so that a type without one is from the grid
 */
export function meaningOf(fields: ReadonlyMap<string, string>, isOnly: boolean): ReadingMeaning {
  const unit = fields.get('uom') ?? '';
  if (unit !== wattHours && unit in units)
    return { kind: 'other', why: `their unit is ${units[unit]} (uom ${unit})` };
  const unclear = (field: string): ReadingMeaning => ({
    kind: 'unclear',
    why: `their ReadingType has ${field} ${JSON.stringify((fields.get(field) ?? '').slice(0, 40))}`,
  });
  if (unit !== wattHours) return unclear('uom');
  if (!['', '0', '4'].includes(fields.get('accumulationBehaviour') ?? ''))
    return unclear('accumulationBehaviour');
  if (!['', '0', '12'].includes(fields.get('dataQualifier') ?? '')) return unclear('dataQualifier');
  if (!['', '0', '1'].includes(fields.get('commodity') ?? '')) return unclear('commodity');
  const multiplier = fields.get('powerOfTenMultiplier') ?? '0';
  if (!/^-?\d{1,2}$/.test(multiplier)) return unclear('powerOfTenMultiplier');
  const direction = fields.get('flowDirection') ?? '';
  const channel =
    direction === '1' || (direction === '' && isOnly)
      ? 'consumption'
      : direction === '19'
        ? 'generation'
        : null;
  if (!channel) return unclear('flowDirection');
  const length = fields.get('intervalLength') ?? '';
  return {
    kind: 'energy',
    channel,
    exponent: Number(multiplier) - 3,
    intervalLength: /^[1-9]\d{0,8}$/.test(length) ? Number(length) : null,
  };
}

/**
 * A value times a power of ten, digit by digit.
 * @param text a plain decimal number
 * @returns a plain decimal number, to be read as kWh
 */
export function shifted(text: string, exponent: number): string {
  const [whole = '', fraction = ''] = text.split('.');
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return digits + '0'.repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}
