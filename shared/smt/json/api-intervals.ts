import type { Channel } from '../../intervals/block.ts';
import type { BlockKey } from '../../intervals/block-assembler.ts';
import { clockDay } from '../../intervals/clock.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';
import type { BlockFiller } from '../block-filler.ts';
import { dateOf, revisionOf } from '../csv/cells.ts';
import { type LatestTimes, latestTimes } from '../latest-times.ts';
import type { MemberReading } from '../member-reading.ts';
import { DateProof } from '../reads/date-proof.ts';
import { type JsonObject, textOf } from './json-object.ts';
import { Raster } from './raster.ts';

/**
 * Reads the intervals of the official API, `{"esiid", "energyData": [{"DT", "RevTS", "RT", "RD"}]}`: a meter-day an object.
 * A field of its raster `RD` is a row.
 */
export class ApiIntervals {
  private readonly reading: MemberReading;
  private readonly filler: BlockFiller;
  private readonly dates = new DateProof();
  private readonly latest: LatestTimes;
  private readonly raster: Raster;
  /** Whether every day so far had a revision stamp. */
  areAllStamped = true;

  constructor(reading: MemberReading, filler: BlockFiller) {
    this.reading = reading;
    this.filler = filler;
    this.latest = latestTimes(reading.options.receivedAt);
    this.raster = new Raster(reading.options.parsesEveryRow);
  }

  /** Reads an object of `energyData`. @param esiid null if the file's value is not an ESIID */
  read(day: JsonObject, esiid: string | null): void {
    const raster = textOf(day, 'rd') ?? '';
    const date = dateOf(textOf(day, 'dt') ?? '');
    this.dates.check({ column: 'DT', text: textOf(day, 'dt') ?? '', lineNumber: day.line });
    const channel = channelOf(textOf(day, 'rt'));
    const revisedAt = revisionOf(textOf(day, 'revts') ?? '');
    if (revisedAt === null) this.areAllStamped = false;
    if (esiid === null) this.rejectDay(day, 'invalid-esiid', 'its ESIID has not 17 or 22 digits');
    else if (channel === null) this.rejectDay(day, 'invalid-row', 'RT is neither C nor G');
    else if (date === null) this.rejectDay(day, 'invalid-timestamp', 'DT is no date');
    else if (revisedAt === undefined) this.rejectDay(day, 'invalid-timestamp', 'RevTS is no date and time');
    else if (revisedAt !== null && revisedAt > this.latest.revisedAt)
      this.rejectDay(day, 'future-revision', 'RevTS is later than the file');
    else if (date > this.latest.date) this.rejectDay(day, 'future-date', 'DT is later than the file');
    else this.readFields(day, { esiid, channel, day: clockDay(date), revisedAt }, raster);
  }

  /** At the end of the file. @throws FileError `contradicted-column` if its dates can only be day-first */
  finish(): void {
    this.dates.finish();
  }

  private readFields(day: JsonObject, key: BlockKey, text: string): void {
    const { raster } = this;
    const fault = raster.read(key.day, text);
    if (fault) {
      this.rejectDay(day, fault.reason, fault.why);
      return;
    }
    const { counts } = this.reading.tally;
    for (let position = 0; position < raster.slots.length; position++) {
      const slot = raster.slots[position];
      if (slot === undefined) continue;
      counts.rowsRead++;
      const kwh = raster.kwh[position];
      const estimated = raster.estimated[position];
      if (slot === null) counts.nonexistentHour++;
      else if (kwh && estimated != null && !raster.lacksHour) this.filler.place(key, slot, kwh, estimated);
      else this.readOtherField(day, key, position, slot);
    }
  }

  /** Counts a field that is a gap, is rejected, or is in a missing hour. */
  private readOtherField(day: JsonObject, key: BlockKey, position: number, slot: number): void {
    const { raster } = this;
    const { tally } = this.reading;
    const rejection = raster.rejectionOf(position);
    const kwh = raster.kwh[position];
    if (!rejection && kwh) {
      this.filler.place(key, slot, kwh, raster.estimated[position] ?? false);
      return;
    }
    this.filler.skip(key);
    if (rejection) {
      const text = `${nameOf(day)}, field ${position} of RD: ${rejection.why}`;
      tally.reject(rejection.reason, day.line, text);
    } else tally.counts.missingKwh++;
  }

  /** Rejects a whole day. Each non-blank field is a row. */
  private rejectDay(day: JsonObject, reason: RejectReason, why: string): void {
    const fields = (textOf(day, 'rd') ?? '').split(',').filter((field) => field.trim() !== '');
    const rows = Math.max(1, fields.length);
    this.reading.tally.counts.rowsRead += rows;
    this.reading.tally.reject(reason, day.line, `${nameOf(day)}: ${why}`, rows);
  }
}

function channelOf(text: string | null): Channel | null {
  if (/^\s*c\s*$/i.test(text ?? '')) return 'consumption';
  return /^\s*g\s*$/i.test(text ?? '') ? 'generation' : null;
}

/** The metadata of a day. */
function nameOf(day: JsonObject): string {
  return ['dt', 'rt', 'revts']
    .map((field) => `${field.toUpperCase()} ${JSON.stringify((textOf(day, field) ?? '').slice(0, 40))}`)
    .join(', ');
}
