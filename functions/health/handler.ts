import { serveRoutes } from '../../shared/http/serve-routes.ts';
import { healthRoutes } from './routes.ts';

/** Reports that the API responds. It does not query the database, so that a health check does not keep a paused one awake. */
export const handler = serveRoutes(healthRoutes, {
  getHealth: async () => ({ status: 200, body: { ok: true } }),
});
