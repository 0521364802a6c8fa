import { adminRoute } from '../../shared/http/admin-route.ts';
import { openApiDocument } from './document.ts';

const document = openApiDocument();

/** GET /api/openapi.json: the API described by the schemas that it checks requests by. */
export const handler = adminRoute(async () => ({ status: 200, body: document }));
