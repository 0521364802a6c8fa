import type { Database } from '../../shared/storage/database.ts';
import { listEsiids } from '../../shared/storage/usage/list-esiids.ts';
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
  const [known] = await listEsiids(database, { prefix: esiid, after: '', limit: 1 });
  if (known?.esiid !== esiid) return null; // or a longer one that begins with it
  return { from: from ?? known.firstDate, to: to ?? known.lastDate, channels: known.channels };
}
