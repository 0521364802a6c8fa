import type { ClockDay } from '../../intervals/clock.ts';
import { parseKwh } from '../../intervals/kwh.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';

/**
 * The official API's raster `RD`: 100 fields `kWh-flag`, the wall clock's quarter hours with the hour that fall back
 * repeats beside its first pass (smt-format, "API, JSON"). A field's position determines its slot, so a day is read
 * only if all of its fields are where they must be.
 */
const fieldCount = 100;
/** Quarter hours before the fields of the repeated hour, and after them. */
const repeatedFrom = 8;
const repeatedTo = 12;
/** First field of the first pass through the repeated hour. */
const firstPassFrom = 4;
const maxFieldLength = 40;
const valueAndFlag = /^(\S{1,40})\s{0,40}-\s{0,40}([A-Za-z]{1,40})$/;
const [comma, minus, point, zero, nine, flagA, flagE] = [...',-.09AE'].map((sign) => sign.charCodeAt(0));

/** A day whose fields match its clock. */
export interface RasterDay {
  /** As written. */
  readonly text: string;
  /** For each field its canonical kWh; '' for a blank; null for a number that is not an exact kWh. */
  readonly kwh: readonly (string | null)[];
  /** For each field whether it is estimated; null for a flag other than A and E. */
  readonly estimated: readonly (boolean | null)[];
  /** Slot of each field: null in an hour that does not exist, undefined in the second pass of an hour that does not repeat. */
  readonly slots: readonly (number | null | undefined)[];
}

/** Why a day is not read. */
interface RasterFault {
  readonly reason: RejectReason;
  readonly why: string;
}

/** Whether a part of a text is a kWh in canonical form. Nearly all are, and a regular expression for each is too slow. */
function isCanonical(text: string, from: number, to: number): boolean {
  let pointAt = to;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === point && pointAt === to) pointAt = at;
    else if (code < (zero ?? 0) || code > (nine ?? 0)) return false;
  }
  const [wholeLength, fractionLength] = [pointAt - from, to - pointAt - 1];
  if (wholeLength < 1 || wholeLength > 5 || (wholeLength > 1 && text.charCodeAt(from) === zero)) return false;
  return pointAt === to || (fractionLength >= 1 && fractionLength <= 5 && text.charCodeAt(to - 1) !== zero);
}

/** @returns null if the text is not a field: then fields were split or merged */
function parseField(
  text: string,
): { readonly kwh: string | null; readonly estimated: boolean | null } | null {
  if (/^(?:-\s*[A-Za-z]?)?$/.test(text)) return { kwh: '', estimated: false };
  const [, value = '', flag = ''] = (text.length <= maxFieldLength && valueAndFlag.exec(text)) || [];
  const estimated = /^a$/i.test(flag) ? false : /^e$/i.test(flag) ? true : null;
  if (flag === '' || !/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(value)) return null;
  return { kwh: parseKwh(value), estimated };
}

const slotsOfDay = new WeakMap<ClockDay, RasterDay['slots']>();

function slotsOf(day: ClockDay): RasterDay['slots'] {
  let slots = slotsOfDay.get(day);
  if (!slots) {
    slots = Array.from({ length: fieldCount }, (_, position) => slotOfField(day, position));
    slotsOfDay.set(day, slots);
  }
  return slots;
}

function slotOfField(day: ClockDay, position: number): number | null | undefined {
  const isSecondPass = position >= repeatedFrom && position < repeatedTo;
  const quarter = position < repeatedFrom ? position : position - (repeatedTo - repeatedFrom);
  const slots = day.slotsOfQuarter?.[quarter] ?? (day.slotsOfQuarter ? [] : [quarter]);
  return isSecondPass ? slots[1] : (slots[0] ?? null);
}

/**
 * Reads a day's raster.
 * @returns why none of it can be read, if its fields are not where they must be
 */
export function readRaster(day: ClockDay, text: string): RasterDay | RasterFault {
  const kwh: (string | null)[] = [];
  const estimated: (boolean | null)[] = [];
  for (let from = 0, to = 0; from <= text.length; from = to + 1) {
    to = from;
    while (to < text.length && text.charCodeAt(to) !== comma) to++;
    const flag = text.charCodeAt(to - 1);
    const hasFlag = to - from >= 3 && text.charCodeAt(to - 2) === minus && (flag === flagA || flag === flagE);
    if (to === from) {
      kwh.push('');
      estimated.push(false);
    } else if (hasFlag && isCanonical(text, from, to - 2)) {
      kwh.push(text.slice(from, to - 2));
      estimated.push(flag === flagE);
    } else {
      const field = parseField(text.slice(from, to).trim());
      if (!field) {
        const why = `field ${kwh.length} of RD is ${quotedField(text, kwh.length)}, not a kWh and its flag`;
        return { reason: 'invalid-row', why };
      }
      kwh.push(field.kwh);
      estimated.push(field.estimated);
    }
  }
  const fault = faultOfShape(day, text, kwh);
  return fault ?? { text, kwh, estimated, slots: slotsOf(day) };
}

/** Why a day's fields do not match its clock; null if they do. */
function faultOfShape(day: ClockDay, text: string, kwh: readonly (string | null)[]): RasterFault | null {
  if (kwh.length !== fieldCount)
    return { reason: 'invalid-row', why: `RD has ${kwh.length} fields, not ${fieldCount}` };
  const slots = slotsOf(day);
  const stray = kwh.findIndex((value, position) => value !== '' && slots[position] == null);
  if (stray < 0) return null;
  const hour =
    slots[stray] === null ? 'an hour that did not exist' : 'the repeated hour, and no hour repeats';
  const why = `field ${stray} of RD is ${quotedField(text, stray)}: it stands for ${hour} on that day`;
  return { reason: 'invalid-timestamp', why };
}

/**
 * Why a field in its place is not a reading; null if it is one, or a blank.
 * @param isHourLost from {@link lacksHour}
 */
export function rejectionOf(
  { text, kwh, estimated }: RasterDay,
  position: number,
  isHourLost: boolean,
): { readonly reason: RejectReason; readonly why: string } | null {
  const value = kwh[position];
  const isEitherHour = isHourLost && position >= firstPassFrom && position < repeatedFrom;
  if (value === '' || (value !== null && estimated[position] !== null && !isEitherHour)) return null;
  const shown = quotedField(text, position);
  if (value === null) return { reason: 'invalid-kwh', why: `${shown} is no kWh` };
  if (estimated[position] === null)
    return { reason: 'invalid-row', why: `${shown} has a flag other than A and E` };
  return { reason: 'invalid-timestamp', why: `${shown} may be of either hour: only one of the two is there` };
}

/** Whether a day that repeats an hour has it only once: its one pass may then be either, or the sum of both. */
export function lacksHour(day: ClockDay, { kwh }: RasterDay): boolean {
  return day.slotCount === fieldCount && kwh.slice(repeatedFrom, repeatedTo).every((value) => value === '');
}

function quotedField(text: string, position: number): string {
  return `"${(text.split(',')[position] ?? '').slice(0, maxFieldLength)}"`;
}
