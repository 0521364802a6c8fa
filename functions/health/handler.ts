import { apiRoute } from '../../shared/http/api-route.ts';

/** Says that the API answers. It asks no database, so that being watched does not keep a paused one awake. */
export const handler = apiRoute(async () => ({ status: 200, body: { ok: true } }));
