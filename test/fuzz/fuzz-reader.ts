import { Dice } from '../support/dice.ts';
import * as damagedBytes from './damaged-bytes.ts';
import * as damagedValues from './damaged-values.ts';
import * as otherForms from './other-forms.ts';
import * as otherTools from './other-tools.ts';

type Kind = (dice: Dice) => Promise<void>;

/** What files are made, and what has to hold for each. */
const kinds: Readonly<Record<string, Kind>> = {
  ...damagedBytes,
  ...damagedValues,
  ...otherForms,
  ...otherTools,
};

/**
 * Feeds the reader one file that follows from the seed.
 * @throws Error naming the seed if the reader throws, invents a value or misses one
 */
export async function fuzzOnce(seed: number): Promise<void> {
  const dice = new Dice(seed);
  const name = dice.pick(Object.keys(kinds));
  try {
    await kinds[name]?.(dice);
  } catch (error) {
    throw new Error(`fuzz seed ${seed} (${name}) failed`, { cause: error });
  }
}
