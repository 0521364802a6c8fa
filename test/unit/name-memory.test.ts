import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NameMemory } from '../../shared/intervals/name-memory.ts';
import { esiid } from '../support/smt-meter.ts';

/** Names as those of blocks: they differ in a digit or two. */
function nameOf(number: number): string {
  const day = new Date(Date.UTC(2024, 0, 1 + (number % 366))).toISOString();
  return `${BigInt(esiid) + BigInt(Math.floor(number / 732))}${number % 732 < 366 ? 'c' : 'g'}${day.slice(0, 10)}${day}`;
}

describe('The memory of names', () => {
  test('knows what was added and, of names like it, nothing else', () => {
    const memory = new NameMemory();
    const numbers = Array.from({ length: 200_000 }, (_, number) => number);

    for (const number of numbers) if (number % 2 === 0) memory.add(nameOf(number));

    expect(numbers.filter((number) => memory.has(nameOf(number)) !== (number % 2 === 0))).toEqual([]);
    expect(memory.size).toBe(100_000);
  });

  test('is a set of strings, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.string()), (added, others) => {
        const memory = new NameMemory();
        for (const name of [...added, ...added]) memory.add(name);

        const names = new Set(added);
        for (const name of [...added, ...others]) expect(memory.has(name)).toBe(names.has(name));
        expect(memory.size).toBe(names.size);
      }),
    );
  });
});
