import type { BenchSetup } from './setup.ts';
import { type Spread, spreadOf } from './spread.ts';

export type Unit = 'ms' | 'min' | '×' | 'MB' | 'KB' | 'files/s' | 'rows/s' | 'MB/s' | 'bytes';

/** A measurement without a verdict. */
export interface Figure {
  readonly what: string;
  readonly unit: Unit;
  readonly spread: Spread;
}

/** Something measured that has a goal. */
export interface Verdict extends Figure {
  readonly goal: Bound;
  /** Beyond this, a ratio is no noise but a regression; times have none, since they depend on the host. */
  readonly gross: Bound | null;
}

export type Bound = { readonly atMost: number } | { readonly atLeast: number };

export interface Findings {
  readonly figures: readonly Figure[];
  readonly verdicts: readonly Verdict[];
  /** Notes on the numbers. */
  readonly notes: readonly string[];
}

/** One row, or a few that share their data, of the table in RESULTS.md. */
export interface Measure {
  readonly title: string;
  run(setup: BenchSetup): Promise<Findings>;
}

export function figure(what: string, unit: Unit, values: readonly number[]): Figure {
  return { what, unit, spread: spreadOf(values) };
}

export function verdict(
  what: string,
  unit: Unit,
  values: readonly number[],
  goal: Bound,
  gross: Bound | null = null,
): Verdict {
  return { ...figure(what, unit, values), goal, gross };
}

export function isMet(value: number, bound: Bound): boolean {
  return 'atMost' in bound ? value <= bound.atMost : value >= bound.atLeast;
}

export function describeBound(bound: Bound): string {
  return 'atMost' in bound ? `≤ ${bound.atMost}` : `≥ ${bound.atLeast}`;
}
