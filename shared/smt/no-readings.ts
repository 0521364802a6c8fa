import { FileError } from '../archive/file-error.ts';
import type { RowCounts } from '../intervals/row-counts.ts';

/** The error of a member of a known form that holds no reading that can be used. */
export function noReadings(found: string, counts: RowCounts): FileError {
  const kinds = Object.entries(counts)
    .filter(([name, count]) => name !== 'rowsRead' && count > 0)
    .map(([name, count]) => `${name} ${count}`);
  return new FileError(
    'no-usable-rows',
    `${found}, but none of it is a reading: ${counts.rowsRead} rows read${kinds.length ? ` (${kinds.join(', ')})` : ''}.`,
  );
}
