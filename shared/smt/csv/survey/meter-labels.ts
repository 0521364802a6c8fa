import { minutesPerDay } from '../../../intervals/clock.ts';
import { copiedString } from '../copied-string.ts';
import type { CellPlace } from '../place-of-cell.ts';
import type { LabelConvention } from '../time/label-convention.ts';
import { type DayLabels, greatestCommonDivisor } from './day-labels.ts';
import { damagedShare } from './may-be-damage.ts';

const slotMinutes = 15;
const lastLabel = minutesPerDay - slotMinutes;
/** Minimum number of a day's labels that show the interval length; fewer may be the rest of a day with gaps. */
const minLabelsOfDay = 3;

/** Summary of the labels of one meter, day by day, in memory that grows only with irregular days. */
export class MeterLabels {
  count = 0;
  /** Labels off the quarter hours. */
  offQuarter = 0;
  firstOffQuarter: CellPlace | null = null;
  firstCell: CellPlace | null = null;
  /** Dates whose labels are not quarter hours. */
  readonly oddDates = new Set<string>();
  private firstDate = '';
  private firstMinutes = -1;
  private firstWritten = -1;
  private lastDate = '';
  private lastMinutes = -1;
  /** Labels that only ends have: `24:00`, `23:59`. */
  private endMarks = 0;
  private midnights = 0;
  private daysMidnightFirst = 0;
  private daysMidnightLast = 0;
  private daysMidnightOpen = 0;
  /** Days whose labels name instants, in order but for a midnight that is a day off. */
  private daysOutOfTime = 0;
  private firstDay = { date: '', beginsInARow: false };
  private distinct = 0;
  private withNeighbour = 0;
  /** Minutes that the labels of every day are apart from midnight, or a multiple of it. */
  private stepMinutes = minutesPerDay;

  /**
   * @param minutes as a clock in Texas shows them, 1440 for an end mark
   * @param written as the label has them, in its own time zone
   * @returns whether the date is another one whose labels are not quarter hours
   */
  add(date: string, minutes: number, written: number, place: () => CellPlace): boolean {
    const oddDates = this.oddDates.size;
    this.count++;
    this.firstCell ??= place();
    this.stepMinutes = greatestCommonDivisor(this.stepMinutes, minutes);
    if (minutes % slotMinutes !== 0) {
      this.offQuarter++;
      this.firstOffQuarter ??= place();
      if (!this.oddDates.has(date)) this.oddDates.add(copiedString(date));
    }
    if (minutes === minutesPerDay) this.endMarks++;
    if (minutes === 0) this.midnights++;
    const isFirst = this.firstDate === '';
    if (isFirst || date < this.firstDate || (date === this.firstDate && minutes < this.firstMinutes)) {
      this.firstDate = isFirst || date !== this.firstDate ? copiedString(date) : this.firstDate;
      this.firstMinutes = minutes;
      this.firstWritten = written;
    }
    if (isFirst || date > this.lastDate || (date === this.lastDate && minutes > this.lastMinutes)) {
      this.lastDate = isFirst || date !== this.lastDate ? copiedString(date) : this.lastDate;
      this.lastMinutes = minutes;
    }
    return this.oddDates.size > oddDates;
  }

  /** Adds a complete day. @returns as {@link add} */
  addDay(date: string, day: DayLabels): boolean {
    const oddDates = this.oddDates.size;
    const { distinct, withNeighbour, midnight } = day;
    this.distinct += distinct;
    this.withNeighbour += withNeighbour;
    if (midnight === 'first') this.daysMidnightFirst++;
    if (midnight === 'last' && day.isOfInstants) this.daysOutOfTime++;
    else if (midnight === 'last') this.daysMidnightLast++;
    if (day.isMidnightOpen) this.daysMidnightOpen++;
    if (this.firstDay.date === '' || date < this.firstDay.date)
      this.firstDay = { date: copiedString(date), beginsInARow: day.beginsInARow };
    if (distinct >= minLabelsOfDay && withNeighbour * 2 < distinct) this.oddDates.add(copiedString(date));
    return this.oddDates.size > oddDates;
  }

  /**
   * The length of interval, in minutes, that the labels show instead of 15; null if they are quarter hours: most have one
   * 15 minutes before or after them, or there is only one label, which contradicts nothing.
   */
  get otherLength(): number | null {
    const isFiner = this.offQuarter * damagedShare > this.count;
    const isCoarser = this.distinct > 1 && this.withNeighbour * 2 < this.distinct;
    return isFiner || isCoarser ? this.stepMinutes : null;
  }

  /** Only complete days of dated ends reach from 00:15 of a meter's first day to 00:00 after its last. */
  private get hasEdgesOfEnds(): boolean {
    return this.firstMinutes === slotMinutes && this.lastMinutes === 0;
  }

  private get hasEdgesOfStarts(): boolean {
    return this.firstMinutes === 0 && this.lastMinutes === lastLabel;
  }

  /** One edge that only ends have: such data may be cut off anywhere. */
  private get hasAnEdgeOfEnds(): boolean {
    const isOneLabel = this.firstDate === this.lastDate && this.firstMinutes === this.lastMinutes;
    return !isOneLabel && (this.firstMinutes === slotMinutes || this.lastMinutes === 0);
  }

  /** Data of starts begins at a midnight, in Texas or in the labels' own time zone, unless it is cut off. */
  private get hasFirstOfStarts(): boolean {
    const isMidnight = this.firstMinutes === 0 || this.firstWritten === 0;
    return isMidnight && (this.firstDay.beginsInARow || this.distinct === 1);
  }

  /** Whether its days contradict each other. */
  get isContradictory(): boolean {
    return (
      this.daysOutOfTime > 0 ||
      (this.daysMidnightFirst > 0 && this.daysMidnightLast > 0) ||
      (this.endMarks > 0 && this.midnights > 0)
    );
  }

  /**
   * What the labels mean, by themselves.
   * @param name what the column's name says about them
   * @returns null if it is ambiguous, or the name is contradicted
   */
  convention(name: 'start' | 'end' | 'either'): LabelConvention | null {
    if (this.isContradictory) return null;
    const ends = this.conventionOfEnds();
    if (name === 'start') return ends ? null : 'starts';
    if (ends) return ends;
    if (name === 'either') {
      const areStarts = this.hasFirstOfStarts && !this.hasAnEdgeOfEnds && this.daysMidnightOpen === 0;
      return areStarts ? 'starts' : null;
    }
    const areStarts = this.hasEdgesOfStarts && this.daysMidnightFirst > 0 && this.daysMidnightOpen === 0;
    return areStarts ? 'starts' : null;
  }

  private conventionOfEnds(): LabelConvention | null {
    if (this.endMarks > 0) return 'dated-ends';
    if (this.daysMidnightLast > 0) return this.daysMidnightOpen > 0 ? null : 'ends';
    return this.hasEdgesOfEnds ? 'dated-ends' : null;
  }

  /** Whether its labels are consistent with what the other meters of the file show. */
  allows(convention: LabelConvention): boolean {
    if (this.isContradictory) return false;
    switch (convention) {
      case 'starts':
        return this.endMarks === 0 && this.daysMidnightLast === 0 && !this.hasAnEdgeOfEnds;
      case 'ends':
        return this.daysMidnightFirst === 0 && this.endMarks === 0;
      case 'dated-ends':
        return this.daysMidnightLast === 0;
    }
  }
}
