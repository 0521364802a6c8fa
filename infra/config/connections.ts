import { maxConnections } from '../../shared/aws/max-connections.ts';
import type { DatabaseRole } from '../../shared/storage/roles.ts';
import type { Settings } from './settings.ts';

/**
 * For the requests of each role. Their number at once is not bounded, so this is a choice: at the rate of `apiThrottle` and
 * tens of milliseconds each there are a handful. The database refuses more, and clients ask again.
 */
const ofRequests = 10;
/** All that a new account may run at once, where nothing can be reserved. */
const newAccountConcurrency = 10;

/** How many connections to the database each role needs, and what to limit it to; DEPLOY.md has the arithmetic. */
export function connectionsOf({
  normalizeConcurrency,
  registerConcurrency,
}: Pick<Settings, 'normalizeConcurrency' | 'registerConcurrency'>): Readonly<Record<DatabaseRole, number>> {
  const sweeps = 1;
  const workers = normalizeConcurrency + (registerConcurrency ?? newAccountConcurrency) + sweeps;
  return { owner: maxConnections, writer: workers * maxConnections + ofRequests, reader: ofRequests };
}
