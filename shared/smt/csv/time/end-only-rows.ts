import { addDays, minutesPerDay } from '../../../intervals/clock.ts';
import type { Row, Stretch } from '../rows.ts';
import { type EndConvention, Extent, endConventionOf, startsOfEnds } from './end-labels.ts';
import type { Label } from './locate.ts';

interface HeldRow {
  readonly row: Row;
  readonly stretch: Stretch;
  readonly label: Label;
}

/** A row whose end label is understood: its start label, or null when nothing tells what the label means. */
export interface ReleasedRow {
  readonly row: Row;
  readonly stretch: Stretch;
  readonly start: Label | null;
}

/** Rows whose labels tell together what they mean. */
interface Group {
  readonly meter: string;
  readonly rows: HeldRow[];
}

/**
 * Rows of a file that has only an "interval end" column, held until the labels of their day tell what that means.
 * One tool wrote the file: days that do not tell by themselves follow the others, if those all agree, and nothing in their
 * meter speaks against it.
 */
export class EndOnlyRows {
  private readonly groups = new Map<string, Group>();
  private latest = '';
  private latestMeter = '';
  /** Of the meters whose dates stand in a column of their own. */
  private readonly extents = new Map<string, Extent>();
  private readonly conventions = new Set<EndConvention>();
  count = 0;

  hold(row: Row, stretch: Stretch, label: Label): void {
    const { esiid, channel, revisedAt, date } = stretch;
    const meter = `${esiid} ${channel}`;
    const name = `${meter} ${revisedAt} ${label.date ? '' : date}`;
    let group = this.groups.get(name);
    if (!group) {
      group = { meter, rows: [] };
      this.groups.set(name, group);
    }
    group.rows.push({ row, stretch, label });
    if (!label.date && date) this.extentOf(meter).add(date, label.minutes % minutesPerDay);
    this.latest = name;
    this.latestMeter = meter;
    this.count++;
  }

  /**
   * Gives back the rows of groups that tell what their labels mean and have most likely ended. Days that seem to be labeled
   * with starts wait, since their meter's last label may show that they are not.
   */
  releaseDecided(): ReleasedRow[] {
    return this.release(
      (name, { rows: [first] }, convention) =>
        name !== this.latest &&
        (convention === 'ends' || (convention !== null && first?.label.date !== null)),
      false,
    );
  }

  /** Gives all held rows back. @param isEnd whether the file has ended, so that the latest meter's last label is known */
  releaseAll(isEnd: boolean): ReleasedRow[] {
    return this.release(() => true, isEnd);
  }

  private extentOf(meter: string): Extent {
    let extent = this.extents.get(meter);
    if (!extent) {
      extent = new Extent();
      this.extents.set(meter, extent);
    }
    return extent;
  }

  private release(
    isDue: (name: string, group: Group, convention: EndConvention | null) => boolean,
    isEnd: boolean,
  ): ReleasedRow[] {
    const confirmed = ({ meter }: Group, convention: EndConvention | null): EndConvention | null => {
      const extent = this.extents.get(meter);
      return extent ? extent.confirm(convention, isEnd || meter !== this.latestMeter) : convention;
    };
    const due = [...this.groups].flatMap(([name, group]) => {
      const convention = confirmed(group, endConventionOf(group.rows.map(({ label }) => label)));
      return isDue(name, group, convention) ? [{ name, group, convention }] : [];
    });
    for (const { name, group, convention } of due) {
      if (convention) this.conventions.add(convention);
      this.groups.delete(name);
      this.count -= group.rows.length;
    }
    const [agreed = null] = this.conventions.size === 1 ? this.conventions : [];
    return due.flatMap(({ group, convention }) => {
      const isAgreed = confirmed(group, agreed) === agreed;
      return released(group.rows, convention ?? (isAgreed ? agreed : null));
    });
  }
}

function released(rows: readonly HeldRow[], convention: EndConvention | null): ReleasedRow[] {
  if (convention === 'datedEnds') return released(rows.map(withItsDate), 'ends');
  if (convention !== 'ends')
    return rows.map(({ row, stretch, label }) => ({ row, stretch, start: convention && label }));
  return [...Map.groupBy(rows, usageDate)].flatMap(([date, ofDay]) => {
    if (date === null) return ofDay.map(({ row, stretch }) => ({ row, stretch, start: null }));
    const starts = startsOfEnds(
      date,
      ofDay.map(({ label }) => label),
    );
    return ofDay.map(({ row, stretch }, i) => ({ row, stretch, start: starts[i] ?? null }));
  });
}

/** With the date column's date as the label's own, which it is: not that of the usage. */
function withItsDate({ row, stretch, label }: HeldRow): HeldRow {
  if (label.date) return { row, stretch, label };
  return { row, stretch: { ...stretch, date: null, day: null }, label: { ...label, date: stretch.date } };
}

/** The day whose interval a true end label ends; midnight ends the day before it. */
function usageDate({ stretch, label }: HeldRow): string | null {
  return label.date && label.minutes === 0 ? addDays(label.date, -1) : (label.date ?? stretch.date);
}
