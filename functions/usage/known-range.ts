import type { Database } from '../../shared/storage/database.ts';
import { readExtents } from '../../shared/storage/usage/read-extents.ts';
import type { DayRange } from '../../shared/usage/coverage.ts';

interface AskedRange {
  readonly esiid: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * The days asked for of an ESIID; an end that is left out is the first or the last day stored, of all its channels.
 * @returns null for an ESIID of which nothing is stored
 */
export async function knownRange(
  database: Database,
  { esiid, from, to }: AskedRange,
): Promise<DayRange | null> {
  const [known] = await readExtents(database, [esiid]);
  if (known === undefined) return null;
  return { from: from ?? known.firstDate, to: to ?? known.lastDate, channels: known.channels };
}
