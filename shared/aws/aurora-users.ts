import type { DatabaseRole } from '../storage/database-roles.ts';

/** The user of our own Aurora that a function logs in as. */
export function auroraUserOf(role: DatabaseRole): string {
  return `smt_${role}`;
}
