import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface LockedPackage {
  readonly integrity?: string;
  /** Part of the package above it, whose hash covers it. */
  readonly inBundle?: boolean;
}

test('Every package of the lockfile has the hash of its content, on every platform', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const unhashed = Object.entries(packages).filter(
    ([name, { integrity, inBundle }]) => name !== '' && !integrity && !inBundle,
  );

  expect(unhashed).toEqual([]);
});
