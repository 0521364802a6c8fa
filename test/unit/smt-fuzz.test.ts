import { expect, test } from 'vitest';
import { fuzzOnce } from '../fuzz/fuzz-reader.ts';

const freshSeed = Number(process.env.SMT_SEED ?? Math.floor(Math.random() * 2 ** 31));

test.each([
  ['fixed', 1],
  ['fresh', freshSeed],
])(
  'Files of other tools and invalid ones neither crash nor mislead the reader (%s seed %i)',
  async (_, seed) => {
    for (let i = 0; i < 60; i++) await expect(fuzzOnce(seed + i)).resolves.toBeUndefined();
  },
);
