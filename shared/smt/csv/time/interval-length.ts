import { FileError } from '../../../archive/file-error.ts';
import type { IntervalBlock } from '../../../intervals/block.ts';

/**
 * Whether the readings of a file are quarter hours at all. A file without both a start and an end column does not say how
 * long its intervals are: hourly or daily values would be taken for 15-minute readings, and override real ones.
 *
 * The rule: readings are refused if all of a meter-day, or all of a meter and channel in the file, lie on a raster of 30
 * minutes or more, and are so many that quarter hours would lie on it by chance less than once in a million cases. These
 * are 11 readings an hour apart, 21 half an hour apart, or 5 of one time of day. Fewer tell nothing, and are taken as what
 * the files of this place hold; one pair of readings off the raster proves quarter hours.
 */
const improbability = 1_000_000;
const slotMinutes = 15;
const slotsPerDay = 96;

/** Readings by their places: slots, counted on from day to day. */
class Places {
  /** Greatest common divisor of a day and of their distances: 1 proves quarter hours. */
  step = slotsPerDay;
  private first = Number.NaN;
  private last = Number.NaN;
  private readings = 0;

  add(place: number): void {
    if (this.readings++ === 0) this.first = this.last = place;
    this.step = greatestCommonDivisor(this.step, Math.abs(place - this.first));
    this.first = Math.min(this.first, place);
    this.last = Math.max(this.last, place);
  }

  /** Readings, but not those that come again in another revision. */
  get count(): number {
    return Math.min(this.readings, (this.last - this.first) / this.step + 1);
  }

  get isCoarse(): boolean {
    return this.step > 1 && this.step ** (this.count - 1) > improbability;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Watches the blocks of a file that does not say how long its intervals are. */
export class IntervalLengthCheck {
  private readonly meters = new Map<string, Places>();
  private coarse: { readonly esiid: string; readonly places: Places } | null = null;

  add({ esiid, channel, usageDate, kwh }: IntervalBlock): void {
    const name = `${esiid} ${channel}`;
    let meter = this.meters.get(name);
    if (!meter) {
      meter = new Places();
      this.meters.set(name, meter);
    }
    const day = new Places();
    const dayPlace = (Date.parse(usageDate) / 86_400_000) * slotsPerDay;
    for (let slot = 0; slot < kwh.length && (day.step !== 1 || meter.step !== 1); slot++) {
      if (kwh[slot] === null) continue;
      day.add(slot);
      meter.add(dayPlace + slot);
    }
    if (day.isCoarse) this.coarse ??= { esiid, places: day };
  }

  /** Why the file is none of 15-minute intervals; null if it may be one. Ask when all blocks are there. */
  refusal(): FileError | null {
    for (const [name, places] of this.meters) {
      if (places.isCoarse) this.coarse ??= { esiid: name.split(' ')[0] ?? '', places };
    }
    if (!this.coarse) return null;
    const { esiid, places } = this.coarse;
    return new FileError(
      'not-15-minute',
      `Readings of ESIID ${esiid} lie ${places.step * slotMinutes} minutes apart, or a multiple of it (${places.count} ` +
        'of them): hourly or daily values are no 15-minute intervals. Send the 15-minute file; if these are 15-minute ' +
        'readings with gaps, send them with a column for the start and one for the end of each.',
    );
  }
}
