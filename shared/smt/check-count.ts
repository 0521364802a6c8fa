import { FileError } from '../archive/file-error.ts';

/**
 * Bounds what is kept of a file until its end.
 * @param things what there is too many of
 * @throws FileError `too-many-meters` beyond the limit
 */
export function checkCount(count: number, limit: number, things: string): void {
  if (count <= limit) return;
  throw new FileError(
    'too-many-meters',
    `The file has more than ${limit.toLocaleString('en-US')} ${things}, which all have to be compared. Split it by meter.`,
  );
}
