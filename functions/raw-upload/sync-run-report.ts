import * as z from 'zod';
import { instant } from '../../shared/http/schemas.ts';
import { source } from './upload-request.ts';

const files = z.int().min(0).max(1_000_000_000);
const errorCode = z
  .string()
  .max(50, { abort: true })
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'is not a code in lower-case letters, digits and hyphens');

/** Fields that are not known are ignored: a later sync may send more. */
export const syncRunReport = z.object({
  source,
  error_code: errorCode.nullable().describe('What ended the run early; null if it came to its end'),
  files_listed: files.nullable().describe('Files in the folder; null if it could not be listed'),
  files_delivered: files,
  files_duplicate: files.describe('Of these, the ones whose bytes were stored already'),
  files_waiting: files.describe('Possibly still being written'),
  files_failed: files,
  file_error_code: errorCode.nullable().describe('Of the file that failed last'),
  newest_modified_at: instant
    .transform((text) => new Date(text))
    .nullable()
    .describe('Of a file in the folder, by the clock of its server'),
});
