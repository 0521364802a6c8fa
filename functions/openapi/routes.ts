import * as z from 'zod';
import type { Routes } from '../../shared/http/route.ts';

export const openApiRoutes = {
  getOpenApi: {
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This document',
    tag: 'About',
    access: 'anyone',
    response: z.looseObject({ openapi: z.string() }).meta({ id: 'OpenApiDocument' }),
  },
} as const satisfies Routes;
