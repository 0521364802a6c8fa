import type { PoolClient } from 'pg';
import { type DataTable, dataTables, removalLock } from '../data-tables.ts';
import type { Database } from '../database.ts';
import { asDatabaseError } from '../errors.ts';

/** Who removes data, and why; kept forever. */
export interface RemovalRequest {
  readonly requestedBy: string;
  readonly reason: string;
}

/** How long a removal waits for finishing loads and for another removal. */
const lockTimeoutMs = 15_000;

/**
 * Runs a removal in one transaction, with no load finishing at the same time: readers see all of it or nothing, and a
 * removal that is killed has removed nothing.
 * @throws pg's DatabaseError 55P03 if the finishing loads take longer than {@link lockTimeoutMs}: retry
 */
export async function inRemoval<T>(
  database: Database,
  remove: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.connect();
  try {
    await client.query('begin');
    await client.query(`set local lock_timeout = ${lockTimeoutMs}`);
    await client.query('select pg_advisory_xact_lock($1)', [removalLock]);
    const result = await remove(client);
    await client.query('commit');
    client.release();
    return result;
  } catch (error) {
    client.release(true); // closes the connection, and with it the transaction
    throw asDatabaseError(error);
  }
}

export interface RemovedRows {
  readonly removed: number;
  /** Rows that stay, since other files hold them. */
  readonly kept: number;
}

/** Runs a step on each data table, and returns the total counts. */
export async function onEachDataTable(
  step: (table: DataTable) => Promise<RemovedRows>,
): Promise<RemovedRows> {
  let total: RemovedRows = { removed: 0, kept: 0 };
  for (const table of Object.values(dataTables)) {
    const { removed, kept } = await step(table);
    total = { removed: total.removed + removed, kept: total.kept + kept };
  }
  return total;
}
