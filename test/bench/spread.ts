/** Repeated measurements of one thing. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** @throws RangeError without values */
export function spreadOf(values: readonly number[]): Spread {
  return {
    median: quantileOf(values, 0.5),
    min: Math.min(...values),
    max: Math.max(...values),
    count: values.length,
  };
}

/** The value below which this share (0 to 1) of the values lies, interpolated. @throws RangeError without values */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]];
  if (below === undefined || above === undefined) throw new RangeError('no values');
  return below + (above - below) * (position - Math.floor(position));
}

/** Milliseconds that something takes. */
export async function timeOf(work: () => unknown): Promise<number> {
  const startedAtMs = performance.now();
  await work();
  return performance.now() - startedAtMs;
}

export type Contestants<N extends string> = Readonly<Record<N, () => Promise<number>>>;

export interface RoundsOptions {
  readonly rounds: number;
  /** Rounds before these, whose results are thrown away. */
  readonly warmups: number;
  /** Before each contestant, not measured. */
  readonly prepare?: () => Promise<void>;
}

/**
 * Lets contestants take turns (A B C, A B C, …), so that other load on the host affects all of them.
 * @returns what each measured, by round
 */
export async function takeTurns<N extends string>(
  contestants: Contestants<N>,
  { rounds, warmups, prepare }: RoundsOptions,
): Promise<Record<N, number[]>> {
  const names = Object.keys(contestants) as N[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<N, number[]>;
  for (let round = -warmups; round < rounds; round += 1) {
    for (const name of names) {
      await prepare?.();
      const value = await contestants[name]();
      if (round >= 0) results[name].push(value);
    }
  }
  return results;
}

/** Ratio of a to b by round: both ran under the same load. */
export function ratiosOf(a: readonly number[], b: readonly number[]): number[] {
  return a.map((value, round) => value / (b[round] ?? Number.NaN));
}
