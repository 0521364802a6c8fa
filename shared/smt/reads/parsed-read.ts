import { parseReading } from '../../intervals/kwh.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';
import type { LatestTimes } from '../latest-times.ts';

/** Result of parsing a row of a report of reads. */
export type ParsedRead<Read> =
  | { readonly kind: 'read'; readonly read: Read }
  /** The row is complete except for its energy, which is blank: SMT has no reading for it. */
  | { readonly kind: 'missing-kwh' }
  | { readonly kind: 'rejected'; readonly reason: RejectReason };

export function rejected(reason: RejectReason): { readonly kind: 'rejected'; readonly reason: RejectReason } {
  return { kind: 'rejected', reason };
}

/**
 * Rejects a read that is later than its file can be.
 * @param dateOf its day, or the end of its period
 */
export function rejectLate<Read extends { readonly revisedAt: string | null }>(
  parsed: ParsedRead<Read>,
  dateOf: (read: Read) => string,
  latest: LatestTimes,
): ParsedRead<Read> {
  if (parsed.kind !== 'read') return parsed;
  const { revisedAt } = parsed.read;
  if (revisedAt !== null && revisedAt > latest.revisedAt) return rejected('future-revision');
  return dateOf(parsed.read) > latest.date ? rejected('future-date') : parsed;
}

/** An exact decimal; null for a blank, undefined for anything else. */
export function readingOf(cell: string): string | null | undefined {
  const text = cell.trim();
  return text === '' ? null : (parseReading(text) ?? undefined);
}
