import { type EndConvention, endConventionOf } from './end-labels.ts';
import { type Label, startOfEnd } from './locate.ts';
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
  private readonly conventions = new Set<EndConvention>();
  count = 0;

  hold(row: Row, stretch: Stretch, label: Label): void {
    const text = row.text();
    const name = `${stretch.esiid} ${stretch.channel} ${stretch.revisedAt} ${label.date ? '' : stretch.date}`;
    const held = { row: { ...row, text: () => text }, stretch, label };
    const group = this.groups.get(name);
    if (group) group.push(held);
    else this.groups.set(name, [held]);
    this.count++;
  }

  /** Gives the held rows back with what their labels mean. */
  release(): ReleasedRow[] {
    const decided = [...this.groups.values()].map((rows) => {
      const convention = endConventionOf(rows.map(({ label }) => label));
      if (convention) this.conventions.add(convention);
      return { rows, convention };
    });
    const [agreed] = this.conventions.size === 1 ? this.conventions : [null];
    this.groups = new Map();
    this.count = 0;
    return decided.flatMap(({ rows, convention }) =>
      rows.map((held) => released(held, convention ?? agreed ?? null)),
    );
  }
}

function released({ row, stretch, label }: HeldRow, convention: EndConvention | null): ReleasedRow {
  const start = convention === 'ends' ? startOfEnd(label) : convention === 'starts' ? label : null;
  return { row, stretch, start };
}
