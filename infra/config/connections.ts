import { maxConnections } from '../../shared/aws/max-connections.ts';
import type { DatabaseRole } from '../../shared/storage/roles.ts';
import type { Settings } from './settings.ts';

/**
 * Connections for API requests, for each role. Their concurrency is not bounded, so this is a choice: at the rate of
 * `apiThrottle` and tens of milliseconds a request, a handful run at a time. Beyond that the database rejects connections, the
 * API returns 503, and clients retry.
 */
const ofRequests = 10;
/** Concurrency limit of a new account, which bounds register where nothing is reserved. */
const newAccountConcurrency = 10;

/** The maximum number of connections of each role. DEPLOY.md has the arithmetic. */
export function connectionsOf({
  normalizeConcurrency,
  registerConcurrency,
}: Pick<Settings, 'normalizeConcurrency' | 'registerConcurrency'>): Readonly<Record<DatabaseRole, number>> {
  const sweeps = 1;
  const workers = normalizeConcurrency + (registerConcurrency ?? newAccountConcurrency) + sweeps;
  const ownersFunctions = 3; // migrate, withdraw and erase, each hardly ever run twice at once
  return {
    owner: ownersFunctions * maxConnections,
    writer: workers * maxConnections + ofRequests,
    reader: ofRequests,
  };
}
