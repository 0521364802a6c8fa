import type { DatabaseRole } from '../storage/roles.ts';

/** The user of our own Aurora that a function logs in as, with an IAM token. */
export function auroraUserOf(role: DatabaseRole): string {
  return `smt_${role}`;
}

/** The users of all roles. */
export function auroraUsers(): Readonly<Record<DatabaseRole, string>> {
  return { owner: auroraUserOf('owner'), writer: auroraUserOf('writer'), reader: auroraUserOf('reader') };
}

/** The group that may read everything; `smt_reader` and the administrator are its members. Nobody logs in as it. */
export const auroraReaders = 'smt_readers';
