import * as z from 'zod';
import type { Routes } from '../../shared/http/route.ts';
import { count, esiid, rawFileId, removalRequest } from '../../shared/http/schemas.ts';

const erasureRequest = removalRequest.extend({ esiid });

const sharedFile = z
  .strictObject({
    id: rawFileId,
    filename: z.string(),
    object_key: z.string(),
    version_id: z.string(),
    why: z
      .enum(['other-esiids', 'unread'])
      .describe('It holds other ESIIDs, or not all of it was read as intervals, so it may'),
  })
  .meta({ id: 'SharedFile' });

const errors = { '503': 'Loads are finishing, or the database is unavailable: retry' };

export const eraseRoutes = {
  eraseEsiid: {
    method: 'POST',
    path: '/api/admin/smt/erasures',
    summary: 'Erase an ESIID',
    description:
      'Deletes its intervals, rejected rows, upload requests and hints, and the object versions that hold nothing else. ' +
      'No later load inserts it again. Safe to repeat: repeat it while `objects_pending` is not 0.',
    tag: 'Raw files',
    access: 'admin',
    body: erasureRequest,
    response: z
      .strictObject({
        ok: z.literal(true),
        esiid,
        rows_removed: count,
        objects_deleted: count.describe('Object versions deleted by this call'),
        objects_pending: count.describe('Object versions still to be deleted'),
        shared_files: z
          .array(sharedFile)
          .describe(
            'Files whose objects were not deleted, since they hold others, or may; a thousand at most',
          ),
      })
      .meta({ id: 'EraseResponse' }),
    errors,
  },
  liftErasure: {
    method: 'POST',
    path: '/api/admin/smt/erasures/lift',
    summary: 'Lift the erasure of an ESIID',
    description: 'Files that arrive or are replayed from now on are loaded with the ESIID again.',
    tag: 'Raw files',
    access: 'admin',
    body: erasureRequest,
    response: z
      .strictObject({ ok: z.literal(true), lifted: z.boolean() })
      .meta({ id: 'LiftErasureResponse' }),
    errors,
  },
} as const satisfies Routes;
