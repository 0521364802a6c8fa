import { functionDatabase } from '../../shared/aws/function-database.ts';
import { adminRoute } from '../../shared/http/admin-route.ts';
import { getCoverage } from './coverage.ts';
import { getEsiids } from './esiids.ts';
import { getUsage } from './usage.ts';

/** What the usage page and the main app read. */
export const handler = adminRoute(async (event) => {
  const database = await functionDatabase();
  switch (event.routeKey) {
    case 'GET /api/usage/esiids':
      return getEsiids(database, event);
    case 'GET /api/usage/coverage':
      return getCoverage(database, event);
    default:
      return getUsage(database, event);
  }
});
