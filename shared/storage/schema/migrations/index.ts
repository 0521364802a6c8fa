import type { Migration } from 'kysely/migration';
import { baseline } from './0001-baseline/baseline.ts';
import type { Distribution } from './0001-baseline/distribution.ts';

/**
 * Every migration, in order. From the first release on, a released one never changes, its files in 0001-baseline/ included:
 * the next one is a new file and a new line here. Until then the baseline's statements are edited in place.
 *
 * Later ones only add, so that the code before them runs on the schema after them: during a deployment, and after one that is
 * rolled back, which leaves the schema as it is. So: a new column is nullable or has a default; nothing is dropped, renamed
 * or made stricter before the release after the one that stopped using it.
 */
export function migrationsFor(distribution: Distribution): Readonly<Record<string, Migration>> {
  return {
    '0001-baseline': { up: (database) => baseline(database, distribution) },
  };
}

/** On one server. The names are the same on all. */
export const migrations = migrationsFor('single');
