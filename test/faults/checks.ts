import type { Client } from 'pg';
import { findForbiddenChanges } from './audit.ts';
import { expectedAudit, listAudit } from './audit-oracle.ts';
import type { PlannedFile } from './files.ts';
import {
  type FileRow,
  listAttemptWorkers,
  listFiles,
  listIntervals,
  listVersions,
  type StoredVersion,
} from './observed.ts';
import { expectedIntervals, type Intervals } from './oracle.ts';
import type { OperatorLog } from './timed-faults.ts';
import type { UploadLog } from './uploads.ts';
import type { World } from './world.ts';

export interface RunDetails extends OperatorLog {
  /** The intervals that a subscriber has copied, and how often an announcement had it read the changes. */
  readonly copy: Intervals;
  readonly wakings: number;
}

/** Checks everything the system promises. @returns the violations */
export async function findViolations(world: World, client: Client, details: RunDetails): Promise<string[]> {
  const versions = await listVersions(world);
  const files = await listFiles(client);
  const { filesByEtag } = details.uploads;
  const announcements = await world.announcements.receiveAll();
  return [
    ...checkRows(versions, files, details.uploads),
    ...files.flatMap((file) => checkFile(file, filesByEtag.get(file.etag), details)),
    ...checkDuplicates(files),
    ...checkData(await listIntervals(client), await listAudit(client), files, details),
    ...checkAnnouncements(announcements, files),
    ...(details.wakings === 0 && announcements.length > 0 ? ['no announcement woke the subscriber'] : []),
    ...(details.replays.isIncomplete
      ? []
      : await findForbiddenChanges(client, details.replays.counts, details.removals.maybeWithdrawn)),
    ...checkOwners(world.normalizeLog, await listAttemptWorkers(client)),
  ];
}

/** Every object version has exactly one row, and every row has an object version. */
function checkRows(
  versions: readonly StoredVersion[],
  files: readonly FileRow[],
  { deleted }: UploadLog,
): string[] {
  const rows = new Map<string, number>();
  for (const { key, versionId } of files) {
    rows.set(`${key} ${versionId}`, (rows.get(`${key} ${versionId}`) ?? 0) + 1);
  }
  const stored = new Map(versions.map((version) => [`${version.key} ${version.versionId}`, version]));
  const wrong = [...stored.keys()].filter((name) => rows.get(name) !== 1);
  const unknown = [...rows.keys()].filter((name) => !stored.has(name) && !deleted.has(name));
  const late = files.filter(({ key, versionId, receivedAt }) => {
    const version = stored.get(`${key} ${versionId}`);
    return version && version.receivedAtMs !== receivedAt.getTime();
  });
  return [
    ...wrong.map((name) => `object version ${name} has ${rows.get(name) ?? 0} rows`),
    ...unknown.map((name) => `a row of an object version that never was: ${name}`),
    ...late.map(({ id }) => `file ${id} has another received_at than S3`),
  ];
}

/** One file's row matches the plan. */
function checkFile(
  file: FileRow,
  planned: PlannedFile | undefined,
  { uploads, replays, removals }: RunDetails,
): string[] {
  const complain = (what: string) => [`file ${file.id} (${planned?.kind ?? 'unknown'}) ${what}`];
  if (!planned) return complain(`has bytes nobody uploaded: ${file.etag}`);
  const { expected } = planned;
  if (file.status === 'withdrawn') {
    return removals.maybeWithdrawn.has(file.id) ? [] : complain('is withdrawn, and nobody asked for that');
  }
  if (removals.withdrawn.has(file.id) && !replays.isIncomplete && !replays.counts.has(file.id))
    return complain(`was withdrawn and is ${file.status}`);
  if (removals.expired.has(file.id) && file.status === 'failed')
    return complain('was normalized when its object expired, and failed since');
  if (file.status === 'failed' && file.errorCode === 'object-deleted') {
    return uploads.deleted.has(`${file.key} ${file.versionId}`)
      ? []
      : complain('is reported as deleted, but nobody deleted it');
  }
  if (file.status === 'duplicate') return expected.isSelfContained ? [] : complain('must not be a duplicate');
  if (file.status !== expected.status) {
    return complain(`ended ${file.status} (${file.errorCode}), not ${expected.status}`);
  }
  if (expected.status === 'failed') {
    const isKnown = expected.errorCodes.includes(file.errorCode ?? '');
    return isKnown ? [] : complain(`failed as ${file.errorCode}, not as ${expected.errorCodes.join(' or ')}`);
  }
  return [...checkCounts(file, planned), ...checkEffects(file, { replays, removals })].flatMap(complain);
}

function checkCounts({ counts }: FileRow, { expected }: PlannedFile): string[] {
  const rejected =
    counts.invalid_esiid +
    counts.invalid_timestamp +
    counts.invalid_kwh +
    counts.invalid_reading +
    counts.invalid_row;
  const accounted =
    counts.intervals_read +
    counts.duplicate_rows +
    counts.conflicting_rows +
    counts.missing_kwh +
    counts.nonexistent_hour +
    counts.daily_reads_read +
    counts.monthly_reads_read +
    rejected;
  const details = {
    rows_read: [counts.rows_read, expected.rowsRead],
    'all counts together': [accounted, expected.rowsRead],
    missing_kwh: [counts.missing_kwh, expected.missingKwh],
    nonexistent_hour: [counts.nonexistent_hour, expected.nonexistentHour],
    'rejected rows': [rejected, expected.rejected],
  } as const;
  return Object.entries(details)
    .filter(([, [is, ought]]) => is !== ought)
    .map(([name, [is, ought]]) => `has ${name} ${is}, not ${ought}`);
}

/** Exactly one attempt took effect, and the row records what it did. */
function checkEffects(
  { id, counts, blocksOwned, attemptOutcomes }: FileRow,
  { replays, removals }: Pick<OperatorLog, 'replays' | 'removals'>,
): string[] {
  // A withdrawal reassigns blocks to other files, and makes a duplicate the heir of its original.
  if (replays.isIncomplete || replays.counts.has(id) || removals.maybeWithdrawn.size > 0) return [];
  const ends = attemptOutcomes.filter((outcome) => outcome !== 'lost' && outcome !== 'retry');
  return [
    ...(ends.length === 1 ? [] : [`ended ${ends.length} times: ${attemptOutcomes.join(', ')}`]),
    ...(blocksOwned === counts.blocks_inserted
      ? []
      : [`says ${counts.blocks_inserted} blocks were inserted and owns ${blocksOwned}`]),
  ];
}

function checkDuplicates(files: readonly FileRow[]): string[] {
  const byId = new Map(files.map((file) => [file.id, file]));
  return files
    .filter(({ duplicateOf }) => duplicateOf !== null && byId.get(duplicateOf)?.status !== 'normalized')
    .map(({ id, duplicateOf }) => `file ${id} is a duplicate of ${duplicateOf}, which is not normalized`);
}

const shownDifferences = 3;

/** Intervals, audit and the subscriber's copy match the oracle: nothing missing, nothing extra, nothing with another value. */
function checkData(
  intervals: Intervals,
  audit: ReadonlyMap<string, string>,
  files: readonly FileRow[],
  { uploads, copy }: RunDetails,
): string[] {
  const loaded = files
    .filter(({ status }) => status === 'normalized' || status === 'duplicate')
    .flatMap(({ etag, receivedAt }) => {
      const planned = uploads.filesByEtag.get(etag);
      return planned ? [{ ...planned.expected, receivedAtMs: receivedAt.getTime() }] : [];
    });
  const expected = expectedIntervals(loaded);
  const expectedDays = expectedAudit(
    expected,
    loaded.flatMap(({ reads }) => reads),
  );
  return [
    ...differences('intervals', intervals, expected),
    ...differences('audited days', audit, expectedDays),
    ...differences("intervals of the subscriber's copy", copy, expected),
  ];
}

function differences(
  what: string,
  actual: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): string[] {
  const different = [...new Set([...expected.keys(), ...actual.keys()])].filter(
    (key) => expected.get(key) !== actual.get(key),
  );
  const shown = different
    .slice(0, shownDifferences)
    .map((key) => `${key} is ${actual.get(key)}, not ${expected.get(key)}`);
  return different.length === 0
    ? []
    : [`${different.length} of ${expected.size} ${what} differ: ${shown.join('; ')}`];
}

interface Announced {
  readonly id: string;
  readonly filename: string;
  readonly intervalsInserted: number;
  readonly blocksChanged: number;
}

/** Every normalized file was announced, and the last announcement matches its row. */
function checkAnnouncements(announcements: readonly unknown[], files: readonly FileRow[]): string[] {
  return (
    files
      // The heir of a file that was withdrawn is normalized without an attempt of its own.
      .filter(({ status, attemptOutcomes }) => status === 'normalized' && attemptOutcomes.length > 0)
      .filter(
        ({ id, filename, counts }) =>
          !(announcements as Announced[]).some(
            (announced) =>
              announced.id === id &&
              announced.filename === filename &&
              announced.intervalsInserted === counts.intervals_inserted &&
              announced.blocksChanged === counts.blocks_inserted,
          ),
      )
      .map(({ id }) => `file ${id} was never announced as its row has it`)
  );
}

interface OutcomeLine {
  readonly rawFileId?: string;
  readonly attempt?: number;
  readonly function_request_id?: string;
}

/** Every attempt that took effect was made by the worker that held the lease. */
function checkOwners(log: readonly string[], workers: ReadonlyMap<string, string>): string[] {
  return log.flatMap((text) => {
    if (!text.startsWith('{')) return [];
    const { rawFileId, attempt, function_request_id: worker } = JSON.parse(text) as OutcomeLine;
    if (rawFileId === undefined || attempt === undefined) return [];
    const owner = workers.get(`${rawFileId} ${attempt}`);
    return owner === worker ? [] : [`attempt ${attempt} at file ${rawFileId} was ended by another worker`];
  });
}
