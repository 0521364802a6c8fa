import type { Channel } from '../intervals/block.ts';
import { contentHash } from './daily-read.ts';

/** What SMT reports as billed for a period. */
export interface MonthlyRead {
  readonly kind: 'monthly';
  /** 17 or 22 digits. */
  readonly esiid: string;
  readonly channel: Channel;
  /** Civil dates in America/Chicago, `YYYY-MM-DD`. The period is [start, end): the end date's energy is in the next one. */
  readonly startDate: string;
  readonly endDate: string;
  /** ISO instant of the revision stamp; null when the file has none (then the object's received_at counts). */
  readonly revisedAt: string | null;
  /** Exact decimals in canonical form; demands are null where the file has none. */
  readonly kwh: string;
  readonly meteredKw: string | null;
  readonly meteredKva: string | null;
  readonly billedKw: string | null;
  readonly billedKva: string | null;
  /** 128-bit hash (32 hex digits) of the values; it only distinguishes contents. */
  readonly content: string;
}

/** Adds the hash of its values to a read. */
export function monthlyRead(values: Omit<MonthlyRead, 'kind' | 'content'>): MonthlyRead {
  const { kwh, meteredKw, meteredKva, billedKw, billedKva } = values;
  const content = contentHash([kwh, meteredKw, meteredKva, billedKw, billedKva]);
  return { kind: 'monthly', ...values, content };
}
