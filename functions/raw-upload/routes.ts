import * as z from 'zod';
import type { Routes } from '../../shared/http/route.ts';
import { instant, rawFileId, rawFileStatus } from '../../shared/http/schemas.ts';
import { syncRunReport } from './sync-run-report.ts';
import { uploadRequest } from './upload-request.ts';

const grantedUpload = z
  .strictObject({
    ok: z.literal(true),
    upload: z
      .strictObject({
        method: z.literal('PUT'),
        url: z.string(),
        headers: z.record(z.string(), z.string()).describe('Send each of them unchanged'),
        expires_at: instant,
      })
      .meta({ id: 'PresignedUpload' }),
    object_key: z.string(),
  })
  .meta({ id: 'GrantedUpload' });

const duplicateUpload = z
  .strictObject({
    ok: z.literal(true),
    duplicate: z.literal(true),
    id: rawFileId,
    filename: z.string(),
    status: rawFileStatus.describe('Of that file; one that failed is worth replaying'),
  })
  .meta({ id: 'DuplicateUpload', description: 'The content is stored already; there is nothing to upload' });

const checkedUpload = z
  .strictObject({ ok: z.literal(true), dry_run: z.literal(true), upload_origin: z.string() })
  .meta({ id: 'CheckedUpload', description: 'With dry_run: the origin of the URLs that uploads go to' });

export const rawUploadRoutes = {
  requestUpload: {
    method: 'POST',
    path: '/api/admin/smt/raw-upload',
    summary: 'Request a presigned upload',
    description:
      'Grants one PUT of exactly these bytes to a presigned URL. The camelCase names of older clients are accepted too; other fields are ignored.',
    tag: 'Raw files',
    access: 'admin',
    body: uploadRequest,
    response: z.union([grantedUpload, duplicateUpload, checkedUpload]).meta({ id: 'UploadResponse' }),
    errors: { '413': 'Larger than one PUT can be: 5 GiB' },
  },
  reportSyncRun: {
    method: 'POST',
    path: '/api/admin/smt/sync-runs',
    summary: 'Report a run of a sync, also one that found nothing or failed',
    description:
      'The status compares it with the one before it: whether the sync runs, fails, or finds nothing new.',
    tag: 'Raw files',
    access: 'admin',
    body: syncRunReport,
    response: z.strictObject({ ok: z.literal(true) }).meta({ id: 'ReportedSyncRun' }),
  },
} as const satisfies Routes;
