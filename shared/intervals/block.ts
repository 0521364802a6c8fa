/** The value of an SMT file's CONSUMPTION_SURPLUSGENERATION column: energy from the grid or to it. */
export const channels = ['consumption', 'generation'] as const;
export type Channel = (typeof channels)[number];

/**
 * The intervals of one meter-day (ESIID, channel, usage date) in one revision, as read from one file: ESPI's
 * IntervalBlock. Slot k starts k × 15 minutes of elapsed time after local midnight in America/Chicago.
 */
export interface IntervalBlock {
  /** 17 or 22 digits. */
  readonly esiid: string;
  readonly channel: Channel;
  /** Civil date in America/Chicago, `YYYY-MM-DD`. */
  readonly usageDate: string;
  /** ISO instant of the file's revision stamp; null when the file has none (then the object's received_at counts). */
  readonly revisedAt: string | null;
  /** One entry a slot (92, 96 or 100): an exact decimal in canonical form, or null when the file has none. */
  readonly kwh: readonly (string | null)[];
  /** One character a slot, `1` where the value is estimated; null when none is. */
  readonly estimated: string | null;
  /** The meter's name if the file has one; never part of the block's identity. */
  readonly meter: string | null;
  /** 128-bit hash (32 hex digits) of the canonical values and estimated slots: only distinguishes contents. */
  readonly content: string;
}
