const quartersPerDay = 96;
const midnightQuarter = 0;
const lastQuarter = quartersPerDay - 1;

/** Summary of the labels of one meter-day, by the date as the file writes it. */
export class DayLabels {
  /** Rows with a label on a quarter hour. */
  count = 0;
  private readonly seen = new Uint8Array(quartersPerDay);
  private first = -1;
  private last = -1;
  private previous = -1;
  private rises = 0;
  private falls = 0;
  /** Most steps against the order between two midnights, read forwards and backwards. */
  private stepsBack = 0;
  private stepsForth = 0;
  private mostBack = 0;
  private mostForth = 0;

  readonly isOfInstants: boolean;

  /** @param isOfInstants whether the labels name instants, so that no midnight may have the wrong day's date */
  constructor(isOfInstants: boolean) {
    this.isOfInstants = isOfInstants;
  }

  /** @param quarter 0 to 95 */
  add(quarter: number): void {
    this.count++;
    this.seen[quarter] = 1;
    if (this.first < 0) this.first = quarter;
    else this.step(quarter);
    this.previous = quarter;
    this.last = quarter;
  }

  private step(quarter: number): void {
    if (quarter === midnightQuarter || this.previous === midnightQuarter) {
      this.stepsBack = 0;
      this.stepsForth = 0;
    } else if (quarter < this.previous) {
      this.falls++;
      this.mostBack = Math.max(this.mostBack, ++this.stepsBack);
    } else if (quarter > this.previous) {
      this.rises++;
      this.mostForth = Math.max(this.mostForth, ++this.stepsForth);
    }
  }

  has(quarter: number): boolean {
    return this.seen[quarter] === 1;
  }

  /** Different labels. */
  get distinct(): number {
    return this.seen.reduce((sum, isSeen) => sum + isSeen, 0);
  }

  /** Labels with another 15 minutes before or after them. */
  get withNeighbour(): number {
    return this.seen.filter((isSeen, quarter) => isSeen && (this.has(quarter - 1) || this.has(quarter + 1)))
      .length;
  }

  /** Whether another label is 15 minutes after the first of the day: one alone may be damaged. */
  get beginsInARow(): boolean {
    return this.has(this.seen.indexOf(1) + 1);
  }

  /** The greatest step, in quarter hours, that all labels are a multiple of it apart from midnight. */
  get step96(): number {
    let step = quartersPerDay;
    this.seen.forEach((isSeen, quarter) => {
      if (isSeen) step = greatestCommonDivisor(step, quarter);
    });
    return step;
  }

  /**
   * Position of midnight in the order of the day: first, as the start of the day, or last, after 23:45, as its end. Null
   * if there is none or the day is not in order, apart from the hour that fall back repeats.
   */
  get midnight(): 'first' | 'last' | null {
    const isDescending = this.falls > this.rises;
    const isInOrder = (isDescending ? this.mostForth : this.mostBack) <= 1;
    const [earliest, latest] = isDescending ? [this.last, this.first] : [this.first, this.last];
    const isFirst = earliest === midnightQuarter;
    if (this.count < 2 || !isInOrder || isFirst === (latest === midnightQuarter)) return null;
    if (isFirst) return 'first';
    return this.has(lastQuarter) ? 'last' : null;
  }

  /** Whether a day that may be complete has a midnight label whose side of the day the order does not determine. */
  get isMidnightOpen(): boolean {
    return !this.isOfInstants && this.has(midnightQuarter) && this.has(lastQuarter) && this.midnight === null;
  }
}

export function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
