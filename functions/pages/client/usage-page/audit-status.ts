import type { AuditedDay } from './types.ts';

/** What the audit says of a day, in a word. */
export const statusNames: Readonly<Record<AuditedDay['status'], string>> = {
  agrees: 'agrees',
  differs: 'disputed',
  incomplete: 'incomplete',
  missing: 'missing',
  unaudited: 'without a read',
};
