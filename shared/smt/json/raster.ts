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
interface RasterField {
  /** Canonical kWh; '' for a blank; null if there is a number that is no exact kWh. */
  readonly kwh: string | null;
  /** Null for a flag other than A and E. */
  readonly estimated: boolean | null;
}

/** A day whose fields stand where its clock says. */
export interface RasterDay {
  readonly fields: readonly RasterField[];
  /** The same as written. */
  readonly texts: readonly string[];
  /** Slot of each field: null in an hour that does not exist, undefined in the second pass of one that does not repeat. */
  readonly slots: readonly (number | null | undefined)[];
}

/** Why a day is not read. */
interface RasterFault {
  readonly reason: RejectReason;
  readonly why: string;
}

const known = new Map<string, RasterField | null>();

/** @returns null if the text is no field of a raster: then fields were torn apart, or run into one another */
function parseField(text: string): RasterField | null {
  let field = known.get(text);
  if (field !== undefined) return field;
  field = makeField(text.trim());
  if (text.length > maxRememberedLength) return field;
  if (known.size >= maxRememberedFields) known.clear();
  known.set(copiedString(text), field);
  return field;
}

function makeField(text: string): RasterField | null {
  if (/^(?:-\s*[A-Za-z]?)?$/.test(text)) return { kwh: '', estimated: false };
  const [, value = '', flag = ''] = (text.length <= maxFieldLength && valueAndFlag.exec(text)) || [];
  const estimated = /^a$/i.test(flag) ? false : /^e$/i.test(flag) ? true : null;
  if (flag === '' || !/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value)) return null;
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
 * @returns why none of it can be read, if its fields do not stand where they must
 */
export function readRaster(day: ClockDay, text: string): RasterDay | RasterFault {
  const texts = text.split(',');
  const slots = slotsOf(day);
  const fields: RasterField[] = [];
  for (const fieldText of texts) {
    const field = parseField(fieldText);
    if (!field) {
      const why = `field ${fields.length} of RD is "${excerpt(fieldText)}", not a kWh and its flag`;
      return { reason: 'invalid-row', why };
    }
    fields.push(field);
  }
  if (texts.length !== fieldCount)
    return { reason: 'invalid-row', why: `RD has ${texts.length} fields, not ${fieldCount}` };
  const stray = fields.findIndex(({ kwh }, position) => kwh !== '' && slots[position] == null);
  if (stray < 0) return { fields, texts, slots };
  const hour =
    slots[stray] === null ? 'an hour that did not exist' : 'the repeated hour, and no hour repeats';
  const why = `field ${stray} of RD is "${excerpt(texts[stray])}": it stands for ${hour} on that day`;
  return { reason: 'invalid-timestamp', why };
}

/**
 * Why a field that stands where it must is no reading; null if it is one, or a blank.
 * @param isHourLost from {@link lacksHour}
 */
export function rejectionOf(
  { fields, texts }: RasterDay,
  position: number,
  isHourLost: boolean,
): { readonly reason: RejectReason; readonly why: string } | null {
  const { kwh = '', estimated } = fields[position] ?? {};
  const isEitherHour = isHourLost && position >= firstPassFrom && position < repeatedFrom;
  if (kwh === '' || (kwh !== null && estimated !== null && !isEitherHour)) return null;
  const shown = `"${excerpt(texts[position])}"`;
  if (kwh === null) return { reason: 'invalid-kwh', why: `${shown} is no kWh` };
  if (estimated === null) return { reason: 'invalid-row', why: `${shown} has a flag other than A and E` };
  return { reason: 'invalid-timestamp', why: `${shown} may be of either hour: only one of the two is there` };
}

/** Whether a day that repeats an hour has it only once: its one pass may then be either, or the sum of both. */
export function lacksHour(day: ClockDay, { fields }: RasterDay): boolean {
  return (
    day.slotCount === fieldCount && fields.slice(repeatedFrom, repeatedTo).every(({ kwh }) => kwh === '')
  );
}

function excerpt(text: string | undefined): string {
  return (text ?? '').slice(0, 40);
}
