import { parseReading } from '../../intervals/kwh.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';

/** Result of parsing a row of a report of reads. */
export type ParsedRead<Read> =
  | { readonly kind: 'read'; readonly read: Read }
  /** The row is complete except for its energy, which is blank: SMT has no reading for it. */
  | { readonly kind: 'missing-kwh' }
  | { readonly kind: 'rejected'; readonly reason: RejectReason };

export function rejected(reason: RejectReason): { readonly kind: 'rejected'; readonly reason: RejectReason } {
  return { kind: 'rejected', reason };
}

/** An exact decimal; null for a blank, undefined for anything else. */
export function readingOf(cell: string): string | null | undefined {
  const text = cell.trim();
  return text === '' ? null : (parseReading(text) ?? undefined);
}
