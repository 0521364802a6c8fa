import { functionDatabase } from '../../shared/aws/function-database.ts';
import { serveRoutes } from '../../shared/http/serve-routes.ts';
import { getAudit } from './audit.ts';
import { listChanges } from './changes.ts';
import { getCoverage } from './coverage.ts';
import { listEsiids } from './esiids.ts';
import { listPeaks } from './peaks.ts';
import { getProfile } from './profile.ts';
import { listRevisions } from './revisions.ts';
import { usageRoutes } from './routes.ts';
import { getUsage } from './usage.ts';

/** What the usage page and other programs read. */
export const handler = serveRoutes(usageRoutes, {
  getAccess: async (_, caller) => ({ status: 200, body: { ok: true, access: caller } }),
  getUsage: async (request) => getUsage(await functionDatabase(), request),
  getCoverage: async (request) => getCoverage(await functionDatabase(), request),
  listRevisions: async (request) => listRevisions(await functionDatabase(), request),
  listChanges: async (request) => listChanges(await functionDatabase(), request),
  getAudit: async (request) => getAudit(await functionDatabase(), request),
  getProfile: async (request) => getProfile(await functionDatabase(), request),
  listPeaks: async (request) => listPeaks(await functionDatabase(), request),
  listEsiids: async (request) => listEsiids(await functionDatabase(), request),
});
