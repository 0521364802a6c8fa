import type { z } from 'zod';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import { HttpError } from '../../shared/http/errors.ts';
import type { removalRequest } from '../../shared/http/schemas.ts';
import { serveRoutes } from '../../shared/http/serve-routes.ts';
import { logger } from '../../shared/observability/logger.ts';
import { withdrawRawFile } from '../../shared/storage/removals/withdraw-raw-file.ts';
import { withdrawRoutes } from './routes.ts';

export const handler = serveRoutes(withdrawRoutes, {
  withdrawRawFile: ({ pathParameters, body }) => withdraw(pathParameters.id, body),
});

/** Withdraws a raw file. @throws HttpError 404 */
async function withdraw(id: string, body: z.output<typeof removalRequest>): Promise<ApiResponse> {
  const request = { requestedBy: body.requested_by, reason: body.reason };
  const withdrawal = await withdrawRawFile(await functionDatabase(), id, request);
  if (withdrawal === null) throw new HttpError(404, 'not-found', `There is no raw file ${id}.`);
  const { previousStatus, rows, heirId } = withdrawal;
  logger.warn('raw file withdrawn', { rawFileId: id, ...request, previousStatus, ...rows, heirId });
  return {
    status: 200,
    body: {
      ok: true,
      id,
      previous_status: previousStatus,
      rows_removed: rows.removed,
      rows_kept: rows.kept,
      heir_id: heirId,
    },
  };
}
