import type { Channel } from '../../intervals/block.ts';
import type { BlockKey } from '../../intervals/block-assembler.ts';
import { clockDay } from '../../intervals/clock.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';
import type { BlockFiller } from '../block-filler.ts';
import { dateOf, revisionOf } from '../csv/cells.ts';
import type { MemberReading } from '../member-reading.ts';
import { DateProof } from '../reads/date-proof.ts';
import { type JsonObject, textOf } from './json-object.ts';
import { lacksHour, readRaster, rejectionOf } from './raster.ts';

/**
 * Reads the intervals of the official API, `{"esiid", "energyData": [{"DT", "RevTS", "RT", "RD"}]}`: a meter-day an object.
 * A field of its raster `RD` is a row.
 */
export class ApiIntervals {
  private readonly reading: MemberReading;
  private readonly filler: BlockFiller;
  private readonly dates = new DateProof();
  /** Whether every day so far had a revision stamp. */
  areAllStamped = true;

  constructor(reading: MemberReading, filler: BlockFiller) {
    this.reading = reading;
    this.filler = filler;
  }

  /** Reads an object of `energyData`. @param esiid null if what the file names is no ESIID */
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
    else this.readFields(day, { esiid, channel, day: clockDay(date), revisedAt }, raster);
  }

  /** At the end of the file. @throws FileError `contradicted-column` if its dates can only be day-first */
  finish(): void {
    this.dates.finish();
  }

  private readFields(day: JsonObject, key: BlockKey, raster: string): void {
    const read = readRaster(key.day, raster);
    if ('why' in read) {
      this.rejectDay(day, read.reason, read.why);
      return;
    }
    const { counts } = this.reading.tally;
    const isHourLost = lacksHour(key.day, read);
    for (const [position, slot] of read.slots.entries()) {
      if (slot === undefined) continue;
      counts.rowsRead++;
      const kwh = read.kwh[position];
      const rejection = rejectionOf(read, position, isHourLost);
      if (slot === null) counts.nonexistentHour++;
      else if (!rejection && kwh) this.filler.place(key, slot, kwh, read.estimated[position] ?? false);
      else {
        this.filler.skip(key);
        if (rejection) this.rejectField(day, position, rejection);
        else counts.missingKwh++;
      }
    }
  }

  private rejectField(
    day: JsonObject,
    position: number,
    { reason, why }: { readonly reason: RejectReason; readonly why: string },
  ): void {
    this.reading.tally.reject(reason, day.line, `${nameOf(day)}, field ${position} of RD: ${why}`);
  }

  /** Rejects a day as a whole. Each field that holds something is a row. */
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

/** What a day says of itself. */
function nameOf(day: JsonObject): string {
  return ['dt', 'rt', 'revts']
    .map((field) => `${field.toUpperCase()} ${JSON.stringify((textOf(day, field) ?? '').slice(0, 40))}`)
    .join(', ');
}
