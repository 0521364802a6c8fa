import type { z } from 'zod';
import type { statusResponse } from '../../../raw-files/status-schemas.ts';

export type SystemStatus = z.infer<typeof statusResponse>;
