import { FileError } from '../../archive/file-error.ts';
import type { Channel } from '../../intervals/block.ts';
import type { BlockKey } from '../../intervals/block-assembler.ts';
import { clockDay } from '../../intervals/clock.ts';
import { esiidPattern } from '../../intervals/esiid.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';
import { BlockFiller } from '../block-filler.ts';
import { parseDate, parseRevision } from '../csv/time/labels.ts';
import type { MemberReading } from '../member-reading.ts';
import { esiidOf } from './esiid-of.ts';
import { type JsonObject, textOf } from './json-object.ts';
import { type RasterField, readRaster } from './raster.ts';

/** Maximum number of days that wait for the ESIID of their object, in case it stands after them. */
const maxWaitingDays = 5000;

/**
 * Reads the intervals of the official API, `{"esiid", "energyData": [{"DT", "RevTS", "RT", "RD"}]}`: a meter-day an object.
 * A field of its raster `RD` is a row.
 */
export class ApiIntervals {
  private readonly reading: MemberReading;
  private readonly filler: BlockFiller;
  private waiting: JsonObject[] = [];
  private usesHint = false;
  private isStampMissing = false;

  constructor(reading: MemberReading) {
    this.reading = reading;
    this.filler = new BlockFiller(reading);
  }

  /** Takes an object of the file that ended. @throws FileError `esiid-unknown`, `invalid-json` */
  take(object: JsonObject): void {
    if (object.list === 'energydata') {
      if (!this.readWithOwnEsiid(object)) this.wait(object);
    } else if (this.waiting.length > 0) {
      this.readWaiting(object);
    }
  }

  /** Ends the member. @throws FileError `esiid-unknown` */
  finish(): void {
    this.filler.finish();
    if (this.usesHint && this.reading.esiids.size > 1)
      throw new FileError(
        'esiid-unknown',
        'Some objects of the file name an ESIID and others do not, so that it is not known whose those are.',
      );
    this.reading.isSelfContained = !this.usesHint && !this.isStampMissing;
  }

  /** Reads a day that names its ESIID, or whose list's object named it before it. */
  private readWithOwnEsiid(day: JsonObject): boolean {
    const own = esiidOf(day);
    const esiid = own === undefined && day.parent ? esiidOf(day.parent) : own;
    if (esiid === undefined) return false;
    this.readDay(day, esiid);
    return true;
  }

  private wait(day: JsonObject): void {
    this.waiting.push(day);
    if (this.waiting.length > maxWaitingDays)
      throw new FileError(
        'esiid-unknown',
        `More than ${maxWaitingDays} days stand before the field "esiid" of their object. Put it before "energyData".`,
      );
  }

  /** When an object ends: reads the days within it that wait for its ESIID; at the top also without one. */
  private readWaiting(ended: JsonObject): void {
    const named = esiidOf(ended);
    if (named === undefined && ended.parent) return;
    // The days within it are the last ones, since it is the innermost object that was open.
    const before = this.waiting.findLastIndex((day) => !isWithin(day, ended));
    for (const day of this.waiting.splice(before + 1))
      this.readDay(day, named === undefined ? this.hint() : named);
  }

  private hint(): string {
    const { esiidHint } = this.reading.options;
    if (!esiidHint || !esiidPattern.test(esiidHint)) throw esiidUnknown();
    this.usesHint = true;
    return esiidHint;
  }

  private readDay(day: JsonObject, esiid: string | null): void {
    const raster = textOf(day, 'rd') ?? '';
    const date = parseDate(textOf(day, 'dt')?.trim() ?? '');
    const channel = channelOf(textOf(day, 'rt'));
    const revision = textOf(day, 'revts')?.trim() ?? '';
    const revisedAt = revision === '' ? null : parseRevision(revision);
    if (revision === '') this.isStampMissing = true;
    if (esiid === null) this.rejectDay(day, 'invalid-esiid', 'its ESIID has not 17 or 22 digits');
    else if (channel === null) this.rejectDay(day, 'invalid-row', 'RT is neither C nor G');
    else if (date === null) this.rejectDay(day, 'invalid-timestamp', 'DT is no date');
    else if (revision !== '' && revisedAt === null)
      this.rejectDay(day, 'invalid-timestamp', 'RevTS is no date and time');
    else this.readFields(day, { esiid, channel, day: clockDay(date), revisedAt }, raster);
  }

  private readFields(day: JsonObject, key: BlockKey, raster: string): void {
    const fields = readRaster(key.day, raster);
    if ('why' in fields) {
      this.rejectDay(day, fields.reason, fields.why);
      return;
    }
    this.reading.tally.counts.rowsRead += fields.length;
    for (const field of fields) this.readField(day, key, field);
  }

  private readField(day: JsonObject, key: BlockKey, field: RasterField): void {
    const { tally } = this.reading;
    const { slot, rejected } = field;
    if (slot === null) {
      tally.counts.nonexistentHour++;
    } else if (rejected) {
      this.filler.skip(key);
      tally.reject(
        rejected.reason,
        day.line,
        `${nameOf(day)}, field ${field.position} of RD: ${rejected.why}`,
      );
    } else if (field.kwh === '') {
      this.filler.skip(key);
      tally.counts.missingKwh++;
    } else this.filler.place(key, slot, field.kwh, field.estimated);
  }

  /** Rejects a day as a whole. Each field that holds something is a row. */
  private rejectDay(day: JsonObject, reason: RejectReason, why: string): void {
    const fields = (textOf(day, 'rd') ?? '').split(',').filter((field) => field.trim() !== '');
    const rows = Math.max(1, fields.length);
    this.reading.tally.counts.rowsRead += rows;
    this.reading.tally.reject(reason, day.line, `${nameOf(day)}: ${why}`, rows);
  }
}

function isWithin(day: JsonObject, outer: JsonObject): boolean {
  for (let at = day.parent; at; at = at.parent) if (at === outer) return true;
  return false;
}

function channelOf(text: string | null): Channel | null {
  if (/^\s*c\s*$/i.test(text ?? '')) return 'consumption';
  return /^\s*g\s*$/i.test(text ?? '') ? 'generation' : null;
}

/** What a day says of itself. */
function nameOf(day: JsonObject): string {
  return ['dt', 'rt', 'revts']
    .map((field) => `${field.toUpperCase()} ${JSON.stringify((textOf(day, field) ?? '').slice(0, 40))}`)
    .join(', ');
}

function esiidUnknown(): FileError {
  return new FileError(
    'esiid-unknown',
    'The JSON names no ESIID. Give it: upload the file again with "esiid" in the request, or copy the object to a key ' +
      'with a segment esiid=<ESIID>/ in it.',
  );
}
