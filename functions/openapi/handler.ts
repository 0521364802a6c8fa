import { serveRoutes } from '../../shared/http/serve-routes.ts';
import { openApiDocument } from './document.ts';
import { openApiRoutes } from './routes.ts';

const document = openApiDocument();

/** The API as OpenAPI describes it. */
export const handler = serveRoutes(openApiRoutes, {
  getOpenApi: async () => ({ status: 200, body: document }),
});
