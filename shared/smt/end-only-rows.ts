import { addDays } from './clock.ts';
import { type EndConvention, endConventionOf, startsOfEnds } from './end-labels.ts';
import type { Label } from './locate.ts';
import type { Row, Stretch } from './rows.ts';

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

/**
 * Rows of a file that has only an "interval end" column, held until the labels of their day tell what that means.
 * One tool wrote the file: days that do not tell by themselves follow the others, if those all agree.
 */
export class EndOnlyRows {
  private groups = new Map<string, HeldRow[]>();
  private latest = '';
  private readonly conventions = new Set<EndConvention>();
  count = 0;

  hold(row: Row, stretch: Stretch, label: Label): void {
    const { esiid, channel, revisedAt } = stretch;
    const name = `${esiid} ${channel} ${revisedAt} ${label.date ? '' : stretch.date}`;
    const group = this.groups.get(name);
    if (group) group.push({ row, stretch, label });
    else this.groups.set(name, [{ row, stretch, label }]);
    this.latest = name;
    this.count++;
  }

  /** Gives back the rows of groups that tell what their labels mean and have most likely ended. */
  releaseDecided(): ReleasedRow[] {
    return this.release(([name], convention) => convention !== null && name !== this.latest);
  }

  /** Gives all held rows back. */
  releaseAll(): ReleasedRow[] {
    return this.release(() => true);
  }

  private release(
    isDue: (group: [string, HeldRow[]], convention: EndConvention | null) => boolean,
  ): ReleasedRow[] {
    const due = [...this.groups].flatMap((group) => {
      const convention = endConventionOf(group[1].map(({ label }) => label));
      return isDue(group, convention) ? [{ name: group[0], rows: group[1], convention }] : [];
    });
    for (const { name, rows, convention } of due) {
      if (convention) this.conventions.add(convention);
      this.groups.delete(name);
      this.count -= rows.length;
    }
    const [agreed = null] = this.conventions.size === 1 ? this.conventions : [];
    return due.flatMap(({ rows, convention }) => released(rows, convention ?? agreed));
  }
}

function released(rows: readonly HeldRow[], convention: EndConvention | null): ReleasedRow[] {
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

/** The day whose interval a true end label ends; midnight ends the day before it. */
function usageDate({ stretch, label }: HeldRow): string | null {
  return label.date && label.minutes === 0 ? addDays(label.date, -1) : (label.date ?? stretch.date);
}
