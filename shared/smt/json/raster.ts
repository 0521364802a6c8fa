import type { ClockDay } from '../../intervals/clock.ts';
import { kwhOfThousandths, parseKwh } from '../../intervals/kwh.ts';
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
const [comma, minus, point, zero, flagA, flagE] = [0x2c, 0x2d, 0x2e, 0x30, 0x41, 0x45];

/** Slot of each field: null in an hour that does not exist, undefined in the second pass of an hour that does not repeat. */
type FieldSlots = readonly (number | null | undefined)[];

/** Why a day, or a field, is not read. */
interface RasterFault {
  readonly reason: RejectReason;
  readonly why: string;
}

const blank = { kwh: '', estimated: false };

/** @returns null if the text is not a field: then fields were split or merged */
function parseField(
  text: string,
): { readonly kwh: string | null; readonly estimated: boolean | null } | null {
  if (/^(?:-\s*[A-Za-z]?)?$/.test(text)) return blank;
  const [, value = '', flag = ''] = (text.length <= maxFieldLength && valueAndFlag.exec(text)) || [];
  const estimated = /^a$/i.test(flag) ? false : /^e$/i.test(flag) ? true : null;
  if (flag === '' || !/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(value)) return null;
  return { kwh: parseKwh(value), estimated };
}

const slotsOfDay = new WeakMap<ClockDay, FieldSlots>();

function slotsOf(day: ClockDay): FieldSlots {
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

/** The raster of a day, and then of the next: its fields are overwritten, since an array for each day is garbage of megabytes. */
export class Raster {
  /** For each field its canonical kWh; '' for a blank; null for a number that is not an exact kWh. */
  readonly kwh = new Array<string | null>(fieldCount).fill('');
  /** For each field whether it is estimated; null for a flag other than A and E. */
  readonly estimated = new Array<boolean | null>(fieldCount).fill(false);
  /** Whether a day that repeats an hour has it only once: its one pass may then be either, or the sum of both. */
  lacksHour = false;
  slots: FieldSlots = [];
  /** As written. */
  private text = '';
  private readonly parsesEveryField: boolean;

  /** @param parsesEveryField also those of plain digits, as tests do to compare both ways */
  constructor(parsesEveryField = false) {
    this.parsesEveryField = parsesEveryField;
  }

  /**
   * Reads a day's raster.
   * @returns why none of it can be read, if its fields are not where they must be
   */
  read(day: ClockDay, text: string): RasterFault | null {
    this.text = text;
    this.slots = slotsOf(day);
    let count = 0;
    for (let from = 0; from <= text.length && count < fieldCount; count++) {
      const end = this.parsesEveryField ? -1 : this.takePlainField(from, count);
      const to = end >= 0 ? end : this.takeAnyField(from, count);
      if (to < 0) {
        const why = `field ${count} of RD is ${this.quotedField(count)}, not a kWh and its flag`;
        return { reason: 'invalid-row', why };
      }
      from = to + 1;
      if (count === fieldCount - 1 && from <= text.length) count += text.slice(from).split(',').length;
    }
    if (count !== fieldCount)
      return { reason: 'invalid-row', why: `RD has ${count} fields, not ${fieldCount}` };
    this.lacksHour =
      day.slotCount === fieldCount && this.kwh.slice(repeatedFrom, repeatedTo).every((value) => value === '');
    return this.faultOfShape();
  }

  /** Why a field in its place is not a reading; null if it is one, or a blank. */
  rejectionOf(position: number): RasterFault | null {
    const [value, estimated] = [this.kwh[position], this.estimated[position]];
    const isEitherHour = this.lacksHour && position >= firstPassFrom && position < repeatedFrom;
    if (value === '' || (value !== null && estimated !== null && !isEitherHour)) return null;
    const shown = this.quotedField(position);
    if (value === null) return { reason: 'invalid-kwh', why: `${shown} is no kWh` };
    if (estimated === null) return { reason: 'invalid-row', why: `${shown} has a flag other than A and E` };
    return {
      reason: 'invalid-timestamp',
      why: `${shown} may be of either hour: only one of the two is there`,
    };
  }

  /**
   * Takes a field of plain digits, at most three of them decimals, and A or E, as nearly all are: a regular expression for each
   * is too slow.
   * @returns the position of its end; -1 for any other field
   */
  private takePlainField(from: number, position: number): number {
    const { text } = this;
    let thousandths = 0;
    let decimals = -1;
    let at = from;
    for (; at < text.length; at++) {
      const digit = text.charCodeAt(at) - zero;
      if (digit >= 0 && digit <= 9) {
        thousandths = thousandths * 10 + digit;
        if (decimals >= 0) decimals++;
      } else if (digit === point - zero && decimals < 0) decimals = 0;
      else break;
    }
    const wholeDigits = at - from - 1 - decimals;
    const digits = wholeDigits + Math.max(decimals, 0);
    const flag = text.charCodeAt(at + 1);
    const isPlain = digits > 0 && wholeDigits <= 5 && decimals <= 3 && (flag === flagA || flag === flagE);
    const isWhole = at + 2 === text.length || text.charCodeAt(at + 2) === comma;
    if (!isPlain || !isWhole || text.charCodeAt(at) !== minus) return -1;
    for (let place = Math.max(decimals, 0); place < 3; place++) thousandths *= 10;
    this.kwh[position] = kwhOfThousandths(thousandths);
    this.estimated[position] = flag === flagE;
    return at + 2;
  }

  /** Takes a field of any kind. @returns the position of its end; -1 if it is none: then fields were split or merged */
  private takeAnyField(from: number, position: number): number {
    const comma = this.text.indexOf(',', from);
    const to = comma < 0 ? this.text.length : comma;
    const field = to === from ? blank : parseField(this.text.slice(from, to).trim());
    if (!field) return -1;
    this.kwh[position] = field.kwh;
    this.estimated[position] = field.estimated;
    return to;
  }

  /** Why the fields do not match the day's clock; null if they do. */
  private faultOfShape(): RasterFault | null {
    const { kwh, slots } = this;
    const stray = kwh.findIndex((value, position) => value !== '' && slots[position] == null);
    if (stray < 0) return null;
    const hour =
      slots[stray] === null ? 'an hour that did not exist' : 'the repeated hour, and no hour repeats';
    const why = `field ${stray} of RD is ${this.quotedField(stray)}: it stands for ${hour} on that day`;
    return { reason: 'invalid-timestamp', why };
  }

  private quotedField(position: number): string {
    return `"${(this.text.split(',')[position] ?? '').slice(0, maxFieldLength)}"`;
  }
}
