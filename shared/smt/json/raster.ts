import type { ClockDay } from '../../intervals/clock.ts';
import { parseKwh } from '../../intervals/kwh.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';
import { copiedString } from '../csv/copied-string.ts';

/**
 * The official API's raster `RD`: 100 fields `kWh-flag`, the wall clock's quarter hours with the hour that fall back
 * repeats beside its first pass (smt-format, "API, JSON"). A field means what its position says, so that a day is read
 * only if all of its fields stand where they must.
 */
const fieldCount = 100;
/** Quarter hours before the fields of the repeated hour, and after them. */
const repeatedFrom = 8;
const repeatedTo = 12;
/** First field of the first pass through the repeated hour. */
const firstPassFrom = 4;
const maxFieldLength = 40;
const valueAndFlag = /^(.+?)\s*-\s*([A-Za-z]+)$/;
const maxRememberedFields = 20_000;
const maxRememberedLength = 20;

/** What a field says. */
interface Field {
  /** Canonical kWh; '' for a blank; null if there is a number that is no exact kWh. */
  readonly kwh: string | null;
  /** Null for a flag other than A and E. */
  readonly estimated: boolean | null;
}

/** What a field of a day is: a reading, a gap (kWh ''), blank since its hour does not exist (slot null), or rejected. */
export interface RasterField {
  readonly position: number;
  readonly slot: number | null;
  readonly kwh: string;
  readonly estimated: boolean;
  readonly rejected: { readonly reason: RejectReason; readonly why: string } | null;
  readonly text: string;
}

/** Why a day is not read. */
interface RasterFault {
  readonly reason: RejectReason;
  readonly why: string;
}

const known = new Map<string, Field | null>();

/** @returns null if the text is no field of a raster: then fields were torn apart, or run into one another */
function parseField(text: string): Field | null {
  let field = known.get(text);
  if (field !== undefined) return field;
  field = makeField(text.trim());
  if (text.length > maxRememberedLength) return field;
  if (known.size >= maxRememberedFields) known.clear();
  known.set(copiedString(text), field);
  return field;
}

function makeField(text: string): Field | null {
  if (/^(?:-\s*[A-Za-z]?)?$/.test(text)) return { kwh: '', estimated: false };
  const [, value = '', flag = ''] = (text.length <= maxFieldLength && valueAndFlag.exec(text)) || [];
  const estimated = /^a$/i.test(flag) ? false : /^e$/i.test(flag) ? true : null;
  if (flag === '' || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value)) return null;
  return { kwh: parseKwh(value), estimated };
}

/** Slot of a field: null for an hour that the day does not have, undefined for the second pass of one it has once. */
function slotOfField(day: ClockDay, position: number): number | null | undefined {
  const isSecondPass = position >= repeatedFrom && position < repeatedTo;
  const quarter = position < repeatedFrom ? position : position - (repeatedTo - repeatedFrom);
  if (!day.slotsOfQuarter) return isSecondPass ? undefined : quarter;
  const slots = day.slotsOfQuarter[quarter] ?? [];
  if (isSecondPass) return slots[1];
  return slots[0] ?? null;
}

/**
 * Reads a day's raster.
 * @returns its fields, without the blank ones that stand for no row; or why none of it can be read
 */
export function readRaster(day: ClockDay, text: string): RasterField[] | RasterFault {
  const texts = text.split(',');
  const parsed = texts.map(parseField);
  const torn = parsed.indexOf(null);
  if (torn >= 0)
    return {
      reason: 'invalid-row',
      why: `field ${torn} of RD is "${excerpt(texts[torn])}", not a kWh and its flag`,
    };
  if (texts.length !== fieldCount)
    return { reason: 'invalid-row', why: `RD has ${texts.length} fields, not ${fieldCount}` };
  const fields: RasterField[] = [];
  for (const [position, field] of parsed.entries()) {
    const slot = slotOfField(day, position);
    const fieldText = texts[position] ?? '';
    if (slot == null && field?.kwh !== '') {
      const hour = slot === null ? 'an hour that did not exist' : 'the repeated hour, and no hour repeats';
      return {
        reason: 'invalid-timestamp',
        why: `field ${position} of RD is "${excerpt(fieldText)}": it stands for ${hour} on that day`,
      };
    }
    if (slot === undefined || !field) continue;
    const { kwh, estimated } = field;
    fields.push({
      position,
      slot,
      kwh: kwh ?? '',
      estimated: estimated ?? false,
      rejected: rejectionOf(field, fieldText),
      text: fieldText,
    });
  }
  return withoutLostHour(day, fields);
}

function rejectionOf({ kwh, estimated }: Field, text: string): RasterField['rejected'] {
  if (kwh === null) return { reason: 'invalid-kwh', why: `"${excerpt(text)}" is no kWh` };
  if (kwh !== '' && estimated === null)
    return { reason: 'invalid-row', why: `"${excerpt(text)}" has a flag other than A and E` };
  return null;
}

/** A day of 100 slots whose second pass is all blank has an hour too few: its one pass may be either, or the sum of both. */
function withoutLostHour(day: ClockDay, fields: RasterField[]): RasterField[] {
  const isLost =
    day.slotCount === fieldCount &&
    fields.slice(repeatedFrom, repeatedTo).every(({ kwh, rejected }) => kwh === '' && !rejected);
  if (!isLost) return fields;
  return fields.map((field) => {
    const isFirstPass = field.position >= firstPassFrom && field.position < repeatedFrom;
    if (!isFirstPass || field.kwh === '' || field.rejected) return field;
    const why = `"${excerpt(field.text)}" may be of either hour: only one of the two is there`;
    return { ...field, rejected: { reason: 'invalid-timestamp' as const, why } };
  });
}

function excerpt(text: string | undefined): string {
  return (text ?? '').slice(0, 40);
}
