import { FileError } from '../archive/file-error.ts';
import type { RowCounts } from '../intervals/row-counts.ts';
import { describeCounts } from './row-tally.ts';

/** The error of a member of a known form that holds no reading that can be used. */
export function noReadings(found: string, counts: RowCounts): FileError {
  return new FileError('no-usable-rows', `${found}, but none of it is a reading: ${describeCounts(counts)}.`);
}
