import { hash } from 'node:crypto';
import type { Channel } from '../intervals/block.ts';

/** A meter's register at the two midnights of a usage date, and the energy SMT reports for the date. */
export interface DailyRead {
  readonly kind: 'daily';
  /** 17 or 22 digits. */
  readonly esiid: string;
  readonly channel: Channel;
  /** Civil date in America/Chicago, `YYYY-MM-DD`. */
  readonly usageDate: string;
  /** ISO instant of the revision stamp; null when the file has none (then the object's received_at counts). */
  readonly revisedAt: string | null;
  /** The register in kWh at the start and the end of the date: exact decimals in canonical form, or null for blanks. */
  readonly startReading: string | null;
  readonly endReading: string | null;
  /** Exact decimal in canonical form. */
  readonly kwh: string;
  /** 128-bit hash (32 hex digits) of the values; it only distinguishes contents. */
  readonly content: string;
}

/** Adds the hash of its values to a read. */
export function dailyRead(values: Omit<DailyRead, 'kind' | 'content'>): DailyRead {
  const { startReading, endReading, kwh } = values;
  return { kind: 'daily', ...values, content: contentHash([startReading, endReading, kwh]) };
}

/** 128 bits (32 hex digits) that differ where values in canonical form differ. */
export function contentHash(values: readonly (string | null)[]): string {
  return hash('sha256', values.map((value) => value ?? '').join('|')).slice(0, 32);
}
