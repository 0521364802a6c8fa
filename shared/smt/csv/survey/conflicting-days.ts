import type { BlockKey } from '../../../intervals/block-assembler.ts';
import { checkCount } from '../../check-count.ts';
import type { IntervalLayout } from '../layout.ts';
import { describeCell } from '../place-of-cell.ts';
import { meterDayName } from '../reading-rules.ts';
import type { Rejection, Row } from '../rows.ts';

/** Maximum number of meter-days whose values are kept: 16 MB. Of older ones only the names are. */
const maxDays = 20_000;
/** Maximum number of names kept of older ones. */
const defaultMaxEvicted = 500_000;
const scale = 100_000;

/**
 * Finds the meter-days with two values for a slot and no revision stamps to order them, wherever in the file the second is: labels
 * of 12 hours without AM and PM make them, or a row under the ESIID of another meter.
 */
export class ConflictingDays {
  /** Why the rows of each such meter-day are rejected. */
  readonly rejections = new Map<string, Rejection>();
  private readonly layout: IntervalLayout;
  private readonly maxEvicted: number;
  /** By meter-day, each slot's value in hundred-thousandths of a kWh, doubled, odd where it is estimated; NaN for none. */
  private readonly days = new Map<string, Float64Array>();
  private readonly evicted = new Set<string>();
  private latest:
    | { readonly key: BlockKey; readonly name: string; readonly values: Float64Array }
    | undefined;

  constructor(layout: IntervalLayout, maxEvicted = defaultMaxEvicted) {
    this.layout = layout;
    this.maxEvicted = maxEvicted;
  }

  /** Adds a reading that was placed. @throws FileError `too-many-meters` */
  add(key: BlockKey, slot: number, kwh: string, isEstimated: boolean, row: Row): void {
    if (key.revisedAt !== null) return;
    if (this.latest?.key !== key) this.latest = this.dayOf(key);
    const { name, values } = this.latest;
    const value = Math.round(Number(kwh) * scale) * 2 + (isEstimated ? 1 : 0);
    const held = values[slot] ?? Number.NaN;
    const isOther = Number.isNaN(held) ? this.evicted.has(name) : held !== value;
    values[slot] = value;
    if (isOther && !this.rejections.has(name)) this.rejections.set(name, this.rejectionAt(row));
  }

  private dayOf(key: BlockKey): NonNullable<ConflictingDays['latest']> {
    const name = meterDayName(key);
    let values = this.days.get(name);
    if (!values) {
      if (this.days.size >= maxDays) this.evictOldest();
      values = new Float64Array(key.day.slotCount).fill(Number.NaN);
      this.days.set(name, values);
    }
    return { key, name, values };
  }

  private evictOldest(): void {
    for (const name of [...this.days.keys()].slice(0, maxDays / 2)) {
      this.days.delete(name);
      this.evicted.add(name);
    }
    checkCount(this.evicted.size, this.maxEvicted, 'meter-days without a revision stamp');
  }

  private rejectionAt({ cells, lineNumber }: Row): Rejection {
    const { start, end, names } = this.layout;
    const column = start >= 0 ? start : end;
    const cell = describeCell({ column: names[column] ?? '', text: cells[column] ?? '', lineNumber });
    return {
      reason: 'conflicting-values',
      column,
      message:
        `Times of one day come again with other values, first ${cell}, and no revision stamps order them. Write times by 24 ` +
        'hours, and each reading once.',
    };
  }
}
