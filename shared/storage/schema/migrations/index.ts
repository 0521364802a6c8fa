import type { Migration } from 'kysely/migration';
import { baseline } from './0001-baseline/baseline.ts';

/**
 * Every migration, in order. From the first release on, a released one never changes, its files in 0001-baseline/ included:
 * the next one is a new file and a new line here. Until then the baseline's statements are edited in place.
 *
 * Later ones only add, so that the code before them runs on the schema after them: during a deployment, and after one that is
 * rolled back, which leaves the schema as it is. So: a new column is nullable or has a default; nothing is dropped, renamed
 * or made stricter before the release after the one that stopped using it.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-baseline': { up: baseline },
};
