import * as z from 'zod';
import {
  count,
  esiid,
  instant,
  localDate,
  rawFileId,
  rawFileStatus,
  searchText,
} from '../../shared/http/schemas.ts';
import { listedRawFile } from './schemas.ts';

export const statusQuery = z.strictObject({
  file: searchText(1_024)
    .transform((text) => text.trim())
    .optional()
    .describe('Did this file load? Its name, SHA-256, object key or id'),
});

const countsByStatus = z.partialRecord(rawFileStatus, count);

const fileToResolve = listedRawFile
  .extend({
    resolve: z.string().nullable().describe('Of a failed file: the one thing to do'),
  })
  .meta({ id: 'FileToResolve' });

const finding = z
  .strictObject({
    code: z.string().describe('Of the alarm for the same, and of its section in the runbook'),
    severity: z
      .enum(['error', 'warning'])
      .describe('error: data does not arrive or is not loaded; warning: something in it has to be checked'),
    message: z.string(),
    resolve: z.string().describe('The one thing to do'),
  })
  .meta({ id: 'StatusFinding' });

const findings = z
  .array(finding)
  .describe('What a person has to look at, what stops data first; empty if all is as expected');

const dormantEsiid = z.strictObject({ esiid, newest_usage_date: localDate }).meta({ id: 'DormantEsiid' });

const dataAge = z.strictObject({
  newest_usage_date: localDate
    .nullable()
    .describe('The newest day with intervals; null where there are none'),
  age_days: z.int().nullable().describe('Days from then to today, in Texas'),
  last_loaded_at: instant.nullable().describe('When the newest intervals of any ESIID were loaded'),
  examined_esiids: count.describe('All of them, or a sample of ten thousand'),
  is_sample: z.boolean(),
  active_esiids: count.describe('With intervals in the last thirty days'),
  dormant_esiids: count.describe('Of these, the ones without intervals for the days that are expected'),
  first_dormant: z.array(dormantEsiid),
});

const source = z
  .strictObject({
    source: z.string(),
    last_received_at: instant,
    is_daily: z.boolean().describe('It brings data on most days'),
    is_late: z.boolean().describe('It is daily, and has brought no data for longer than expected'),
  })
  .meta({ id: 'StatusSource' });

const syncRun = z
  .strictObject({
    source: z.string(),
    reported_at: instant,
    succeeded_at: instant.describe('When a run last came to its end; of the first report, if none has'),
    error_code: z.string().nullable().describe('What ended the last run early; null if it came to its end'),
    files_listed: count.nullable().describe('Files in the folder; null if it could not be listed'),
    files_delivered: count,
    files_duplicate: count.describe('Of these, the ones whose bytes were stored already'),
    files_waiting: count.describe('Possibly still being written'),
    files_failed: count,
    file_error_code: z.string().nullable().describe('Of the file that failed last'),
    newest_modified_at: instant.nullable().describe('Of a file in the folder, by the clock of its server'),
  })
  .meta({ id: 'StatusSyncRun' });

const missingUpload = z
  .strictObject({ object_key: z.string(), source: z.string(), requested_at: instant })
  .meta({ id: 'MissingUpload' });

export const statusResponse = z
  .strictObject({
    ok: z.literal(true),
    as_of: instant,
    findings,
    expected: z
      .strictObject({
        silence_hours: count,
        sync_silence_hours: count,
        data_age_days: count,
        dormant_days: count,
        dormant_percent: z.number(),
      })
      .nullable()
      .describe('What is expected of deliveries; null where none are'),
    data: dataAge,
    today: countsByStatus.describe('Files received today, a day in Texas, by status'),
    pending: z.strictObject({
      oldest: z
        .strictObject({ id: rawFileId, filename: z.string(), since: instant })
        .nullable()
        .describe('The file that has waited longest'),
    }),
    failed: z.strictObject({
      count: count.describe('At most a thousand'),
      files: z.array(fileToResolve).describe('The last ones received'),
    }),
    latest: z.array(listedRawFile).describe('The files received last'),
    sources: z.array(source),
    sync_runs: z.array(syncRun).describe('The last run of each sync that reports its runs'),
    missing_uploads: z
      .strictObject({
        count,
        first: z.array(missingUpload),
      })
      .describe('Granted within a day, and never came'),
    audit: z.strictObject({
      days_differing: count.describe(
        'Noticed within a day: intervals that do not add up to SMT’s daily read',
      ),
      days_missing: count.describe('Likewise: days with a daily read and missing intervals'),
    }),
    sweep: z.strictObject({ completed_at: instant.nullable().describe('End of its last complete run') }),
    file: z
      .strictObject({
        name: z.string(),
        outcome: z.string().describe('In a sentence: whether it loaded'),
        is_loaded: z.boolean(),
        files: z.array(fileToResolve).describe('Of this name, hash, key or id; the last received first'),
        upload_requests: z.array(
          z.strictObject({
            object_key: z.string(),
            filename: z.string(),
            source: z.string(),
            requested_at: instant,
            expires_at: instant,
          }),
        ),
      })
      .nullable()
      .describe('About the file asked for'),
  })
  .meta({ id: 'StatusResponse' });
