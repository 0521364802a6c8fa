import type { Routes } from '../../shared/http/route.ts';
import { eraseRoutes } from '../erase/routes.ts';
import { healthRoutes } from '../health/routes.ts';
import { rawFileRoutes } from '../raw-files/routes.ts';
import { rawUploadRoutes } from '../raw-upload/routes.ts';
import { replayRoutes } from '../replay/routes.ts';
import { usageRoutes } from '../usage/routes.ts';
import { withdrawRoutes } from '../withdraw/routes.ts';
import { openApiRoutes } from './routes.ts';

/** Every route of the API, in the order of the OpenAPI document. */
export const apiRoutes = {
  ...rawUploadRoutes,
  ...rawFileRoutes,
  ...replayRoutes,
  ...withdrawRoutes,
  ...eraseRoutes,
  ...usageRoutes,
  ...openApiRoutes,
  ...healthRoutes,
} as const satisfies Routes;
