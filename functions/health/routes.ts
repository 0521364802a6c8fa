import * as z from 'zod';
import type { Routes } from '../../shared/http/route.ts';

export const healthRoutes = {
  getHealth: {
    method: 'GET',
    path: '/health',
    summary: 'Whether the API responds',
    tag: 'About',
    access: 'anyone',
    response: z.strictObject({ ok: z.literal(true) }).meta({ id: 'HealthResponse' }),
  },
} as const satisfies Routes;
