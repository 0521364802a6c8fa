import { FileError } from '../../../archive/file-error.ts';
import type { ColumnProfile } from './column-survey.ts';

export function unknownHeader(message: string): FileError {
  return new FileError('unknown-header', message);
}

/** Columns whose cells fit; all if none does, so that the rows are rejected for their content. */
export function fitting(
  candidates: readonly ColumnProfile[],
  fits: (column: ColumnProfile) => boolean,
): readonly ColumnProfile[] {
  const filled = candidates.filter(({ cells }) => cells > 0);
  const found = filled.filter(fits);
  if (found.length > 0) return found;
  return filled.length > 0 ? filled : candidates.slice(0, 1);
}
