import * as z from 'zod';
import type { Routes } from '../../shared/http/route.ts';
import { count, rawFileId, rawFileStatus, removalRequest } from '../../shared/http/schemas.ts';

export const withdrawRoutes = {
  withdrawRawFile: {
    method: 'POST',
    path: '/api/admin/smt/raw-files/{id}/withdraw',
    summary: 'Withdraw a raw file',
    description:
      'The data becomes as if the file had never arrived: rows that other files also hold stay, and a duplicate ' +
      'with the same bytes takes its place. Replaying the file by its id undoes it. Safe to repeat; of a large file the ' +
      'response may time out before the withdrawal is done, which the status of the file then shows.',
    tag: 'Raw files',
    access: 'admin',
    pathParameters: z.strictObject({ id: rawFileId }),
    body: removalRequest,
    response: z
      .strictObject({
        ok: z.literal(true),
        id: rawFileId,
        previous_status: rawFileStatus.describe('`withdrawn` if nothing was left to do'),
        rows_removed: count,
        rows_kept: count.describe('Rows that stay, since other files hold them'),
        heir_id: rawFileId.nullable().describe('The duplicate that took its place, if there was one'),
      })
      .meta({ id: 'WithdrawResponse' }),
    errors: {
      '404': 'There is no such raw file',
      '503': 'Loads are finishing, or the database is unavailable: retry',
    },
  },
} as const satisfies Routes;
