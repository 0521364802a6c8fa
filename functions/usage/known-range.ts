import type { Database } from '../../shared/storage/database.ts';
import { readExtents } from '../../shared/storage/usage/read-extents.ts';
import type { DayRange } from '../../shared/usage/coverage.ts';

interface RequestedRange {
  readonly esiid: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Null: now. */
  readonly asOf?: Date | null;
}

/**
 * The days requested of an ESIID; an end that is left out is the first or the last day stored, of all its channels.
 * @returns null for an ESIID that has no data
 */
export async function knownRange(
  database: Database,
  { esiid, from, to, asOf = null }: RequestedRange,
): Promise<DayRange | null> {
  const [known] = await readExtents(database, [esiid], asOf);
  if (known === undefined) return null;
  return { from: from ?? known.firstDate, to: to ?? known.lastDate, channels: known.channels };
}
