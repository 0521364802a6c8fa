import type { S3Client } from '@aws-sdk/client-s3';
import type { z } from 'zod';
import { sweepCompletedAt } from '../../shared/aws/s3-swept-bucket.ts';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { ExpectedDelivery } from '../../shared/status/expected-delivery.ts';
import { resolveFailure } from '../../shared/status/failure-advice.ts';
import { fileOutcome } from '../../shared/status/file-outcome.ts';
import { findingsOf } from '../../shared/status/findings.ts';
import { readStatus } from '../../shared/status/read-status.ts';
import type { Database } from '../../shared/storage/database.ts';
import { type ListedRawFile, listRawFiles } from '../../shared/storage/raw-files/list-raw-files.ts';
import { readSchemaCreatedAt } from '../../shared/storage/schema/read-schema-created-at.ts';
import type { ReportedSyncRun } from '../../shared/storage/sync-runs/read-sync-runs.ts';
import { findUploadRequests } from '../../shared/storage/upload-requests/find-upload-requests.ts';
import { eventGraceMs } from '../../shared/sweep/event-grace.ts';
import type { statusQuery, statusResponse } from './status-schemas.ts';

/** Files listed of each kind. */
const maxListed = 10;
const lastReceived = { sort: 'received', order: 'desc', limit: maxListed } as const;

export interface StatusContext {
  readonly database: Database;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly expected: ExpectedDelivery | null;
}

/** GET /api/admin/smt/status: whether deliveries arrive and are loaded, and what to do if not; and whether one file did. */
export async function getStatus(
  { database, s3, bucket, expected }: StatusContext,
  { file: name }: z.output<typeof statusQuery>,
): Promise<ApiResponse> {
  const now = new Date();
  const completedAt = await sweepCompletedAt(s3, bucket);
  const status = await readStatus(database, { bucket, expected, graceMs: eventGraceMs, now });
  const failed = await listRawFiles(database, { ...lastReceived, statuses: ['failed'] });
  const latest = await listRawFiles(database, lastReceived);
  const { dataAge, sources, syncRuns, files, disagreements, missingUploads } = status;
  const state = {
    ...{ ...status, now, expected, lastFailed: failed[0] ?? null },
    ...{ sweepCompletedAt: completedAt, deployedAt: await readSchemaCreatedAt(database) },
  };
  const body = {
    ok: true,
    as_of: now,
    findings: findingsOf(state),
    expected: expected && {
      silence_hours: expected.silenceHours,
      sync_silence_hours: expected.syncSilenceHours,
      data_age_days: expected.dataAgeDays,
      dormant_days: expected.dormantDays,
      dormant_percent: expected.dormantPercent,
    },
    data: {
      newest_usage_date: dataAge.newestUsageDate,
      age_days: dataAge.ageDays,
      last_loaded_at: dataAge.lastLoadedAt,
      examined_esiids: dataAge.examined,
      is_sample: dataAge.isSample,
      active_esiids: dataAge.active,
      dormant_esiids: dataAge.dormant,
      first_dormant: dataAge.dormantEsiids.map(({ esiid, newestUsageDate }) => ({
        esiid,
        newest_usage_date: newestUsageDate,
      })),
    },
    today: files.today,
    pending: { oldest: files.oldestPending },
    failed: { count: files.failed, files: failed.map(withResolve) },
    latest: latest.map(listed),
    sources: sources.map(({ source, lastReceivedAt, isDaily, isLate }) => ({
      source,
      last_received_at: lastReceivedAt,
      is_daily: isDaily,
      is_late: isLate,
    })),
    sync_runs: syncRuns.map(asSyncRun),
    missing_uploads: {
      count: missingUploads.count,
      first: missingUploads.uploads.map(({ objectKey, source, requestedAt }) => ({
        object_key: objectKey,
        source,
        requested_at: requestedAt,
      })),
    },
    audit: { days_differing: disagreements.daysDiffering, days_missing: disagreements.daysMissing },
    sweep: { completed_at: completedAt },
    file: name === undefined ? null : await findFile(database, { bucket, name, now }),
  } satisfies StatusBody;
  return { status: 200, body };
}

/** The response before instants are written as text. */
type StatusBody = { readonly [Field in keyof z.input<typeof statusResponse>]: unknown };

async function findFile(
  database: Database,
  { bucket, name, now }: { readonly bucket: string; readonly name: string; readonly now: Date },
) {
  const files = await listRawFiles(database, { ...lastReceived, named: { bucket, name } });
  const requests = await findUploadRequests(database, name);
  const { outcome, isLoaded } = fileOutcome(files, requests, now);
  return { name, outcome, is_loaded: isLoaded, files: files.map(withResolve), upload_requests: requests };
}

function asSyncRun(run: ReportedSyncRun) {
  return {
    source: run.source,
    reported_at: run.reportedAt,
    succeeded_at: run.succeededAt,
    error_code: run.errorCode,
    files_listed: run.filesListed,
    files_delivered: run.filesDelivered,
    files_duplicate: run.filesDuplicate,
    files_waiting: run.filesWaiting,
    files_failed: run.filesFailed,
    file_error_code: run.fileErrorCode,
    newest_modified_at: run.newestModifiedAt,
  };
}

function listed({ position, ...file }: ListedRawFile) {
  return file;
}

function withResolve(file: ListedRawFile) {
  return { ...listed(file), resolve: file.status === 'failed' ? resolveFailure(file.error_code) : null };
}
