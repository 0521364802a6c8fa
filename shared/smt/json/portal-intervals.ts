import { FileError } from '../../archive/file-error.ts';
import type { Channel } from '../../intervals/block.ts';
import type { BlockKey } from '../../intervals/block-assembler.ts';
import { clockDay, minutesPerDay } from '../../intervals/clock.ts';
import { parseKwh } from '../../intervals/kwh.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';
import type { BlockFiller } from '../block-filler.ts';
import { parseDate, parseTime } from '../csv/time/labels.ts';
import { locate } from '../csv/time/locate.ts';
import { resolveRepeatedHour } from '../csv/time/repeated-hour.ts';
import { type LatestTimes, latestTimes } from '../latest-times.ts';
import type { MemberReading } from '../member-reading.ts';
import { type JsonObject, textOf } from './json-object.ts';

const slotMinutes = 15;
/** Maximum number of readings of fall-back days held until the end of the day. */
const maxHeldReadings = 20_000;

/** A value of an element: one of its two channels. */
interface PortalReading {
  readonly key: BlockKey;
  readonly kwh: string;
  readonly flag: string;
  /** Slots its labels can mean: one, or two in the repeated hour. */
  readonly slots: readonly number[];
  readonly text: string;
  readonly line: number;
}

/**
 * Reads the intervals of the portal's own pages, `{"intervaldata": [{"date", "starttime", "endtime", "consumption",
 * "consumption_est_act", "generation", "generation_est_act"}]}`: an interval an element, in two channels. Each value is a
 * row. The portal writes a zero with an empty flag where there is no reading.
 */
export class PortalIntervals {
  private readonly reading: MemberReading;
  private readonly filler: BlockFiller;
  private readonly latest: LatestTimes;
  private readonly held = new Map<string, PortalReading[]>();
  private heldCount = 0;
  /** Length in minutes of the first interval that is not a quarter hour. */
  private otherLength: number | null = null;

  constructor(reading: MemberReading, filler: BlockFiller) {
    this.reading = reading;
    this.filler = filler;
    this.latest = latestTimes(reading.options.receivedAt);
  }

  /** Reads an element of `intervaldata`. @param esiid null if the file's value is not an ESIID */
  read(element: JsonObject, esiid: string | null): void {
    this.readValue(element, esiid, 'consumption');
    const isGenerationGiven = !isNothing(
      kwhTextOf(element, 'generation'),
      flagOf(element, 'generation') ?? '',
    );
    if (isGenerationGiven) this.readValue(element, esiid, 'generation');
  }

  /** At the end of the file. @throws FileError `not-15-minute` */
  rejectOtherLength(): void {
    if (this.otherLength === null || this.reading.tally.counts.intervalsRead > 0) return;
    throw new FileError(
      'not-15-minute',
      `The intervals are ${this.otherLength} minutes long from "starttime" to "endtime". Send the 15-minute file.`,
    );
  }

  private readValue(element: JsonObject, esiid: string | null, channel: Channel): void {
    const text = textOfElement(element, channel);
    const reject = (reason: RejectReason): void => this.reading.tally.reject(reason, element.line, text);
    this.reading.tally.counts.rowsRead++;
    const date = parseDate(textOf(element, 'date')?.trim() ?? '');
    const place = date && this.placeOf(element, date);
    const flag = flagOf(element, channel);
    const kwh = kwhTextOf(element, channel);
    if (esiid === null) reject('invalid-esiid');
    else if (!date || !place || place.kind === 'invalid') reject('invalid-timestamp');
    else if (date > this.latest.date) reject('future-date');
    else if (place.kind === 'nonexistent') {
      if (isNothing(kwh, flag ?? '')) this.reading.tally.counts.nonexistentHour++;
      else reject('invalid-timestamp');
    } else {
      const key = { esiid, channel, day: clockDay(date), revisedAt: null };
      const reading = { key, kwh, flag: flag ?? 'a', slots: place.slots, text, line: element.line };
      if (key.day.slotCount > 96) this.hold(reading);
      else this.resolve(reading, place.slots[0] ?? 0);
    }
  }

  private placeOf(element: JsonObject, date: string): ReturnType<typeof locate> | null {
    const [start, end] = ['starttime', 'endtime'].map((field) =>
      parseTime(textOf(element, field)?.trim() ?? ''),
    );
    if (!start || !end) return null;
    const length = (end.minutes - start.minutes + minutesPerDay) % minutesPerDay;
    if (length !== slotMinutes && clockDay(date).slotsOfQuarter === null) this.otherLength ??= length;
    return locate(date, { ...start, date: null }, { ...end, date: null });
  }

  private hold(reading: PortalReading): void {
    const name = `${reading.key.esiid} ${reading.key.channel} ${reading.key.day.date}`;
    const day = this.held.get(name);
    if (day) day.push(reading);
    else this.held.set(name, [reading]);
    this.heldCount++;
    if (this.heldCount >= maxHeldReadings) this.releaseHeld();
  }

  /** Resolves the readings held until the end of their day. */
  releaseHeld(): void {
    for (const day of this.held.values()) {
      const [first] = day;
      const slots = first ? resolveRepeatedHour(first.key.day, day) : [];
      for (const [index, reading] of day.entries()) {
        const slot = slots[index] ?? null;
        if (slot === null) this.reading.tally.reject('invalid-timestamp', reading.line, reading.text);
        else this.resolve(reading, slot);
      }
    }
    this.held.clear();
    this.heldCount = 0;
  }

  /** A value whose slot is known: it is placed, missing, or invalid. */
  private resolve({ key, kwh, flag, text, line }: PortalReading, slot: number): void {
    const { tally } = this.reading;
    const exact = kwh === '' ? null : parseKwh(kwh);
    const isMissing = isNothing(kwh, flag);
    const isKnownFlag = ['', 'a', 'e'].includes(flag);
    if (!isMissing && exact !== null && isKnownFlag) {
      this.filler.place(key, slot, exact, flag === 'e');
      return;
    }
    this.filler.skip(key);
    if (isMissing) tally.counts.missingKwh++;
    else tally.reject(exact === null ? 'invalid-kwh' : 'invalid-row', line, text);
  }
}

function kwhTextOf(element: JsonObject, channel: Channel): string {
  return textOf(element, channel)?.trim() ?? '';
}

/** The flag in lower case; '' if it is null or blank, null if the file has no such field. */
function flagOf(element: JsonObject, channel: Channel): string | null {
  const field = `${channel}_est_act`;
  return element.fields.has(field) ? (textOf(element, field) ?? '').trim().toLowerCase() : null;
}

/** Whether a value and its flag mean that there is no reading. */
function isNothing(kwh: string, flag: string): boolean {
  return kwh === '' || (flag === '' && /^[0.]+$/.test(kwh));
}

/** The text of one channel of an element, for messages and comparison. */
function textOfElement(element: JsonObject, channel: Channel): string {
  return ['date', 'starttime', 'endtime', channel, `${channel}_est_act`]
    .map((field) => `${field} ${JSON.stringify((textOf(element, field) ?? '').slice(0, 40))}`)
    .join(', ');
}
