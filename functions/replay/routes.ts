import * as z from 'zod';
import type { Routes } from '../../shared/http/route.ts';
import { count, rawFileId, rawFileStatus } from '../../shared/http/schemas.ts';
import { replayQuery } from './replay-query.ts';

const replayedFile = z
  .looseObject({
    id: rawFileId,
    filename: z.string(),
    status: rawFileStatus.optional().describe('With `wait`: as it is now'),
    errorCode: z.string().nullish().describe('With `wait`, of a file that failed'),
    errorMessage: z.string().nullish().describe('With `wait`, of a file that failed'),
  })
  .meta({ id: 'ReplayedFile' });

const replayResponse = z
  .looseObject({
    ok: z.literal(true),
    filesQueued: count,
    files: z.array(replayedFile),
    filesProcessed: count.optional().describe('With `wait`: how many reached a final status in time'),
    intervalsInserted: count.optional().describe('With `wait`'),
  })
  .meta({ id: 'ReplayResponse' });

export const replayRoutes = {
  replayRawFiles: {
    method: 'POST',
    path: '/api/admin/smt/normalize',
    summary: 'Requeue raw files',
    tag: 'Raw files',
    access: 'admin',
    query: replayQuery,
    checksEmptyParameters: true, // `id=` left out would requeue whatever is not loaded
    response: replayResponse,
  },
} as const satisfies Routes;
