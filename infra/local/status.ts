import { existsSync } from 'node:fs';
import type { z } from 'zod';
import type { statusResponse } from '../../functions/raw-files/status-schemas.ts';
import { durationText } from '../../shared/status/words.ts';
import { findAdminApi, getFrom } from './admin-api.ts';
import { npmCommand, parseArguments, runCommand } from './command-line.ts';
import { count } from './report.ts';
import { inspectFile } from './upload.ts';

const program = npmCommand(
  'status',
  `Says whether deliveries arrive and are loaded, how old the data is, and what to do if something is wrong.

Exit status: 0; 1 if something is wrong or, with --file, if that file is not loaded; 2 usage.`,
)
  .option(
    '--file <name>',
    'did this file load? Its name, SHA-256, object key or id, or a file on this machine',
  )
  .option('--url <url>', 'the API, with its token in ADMIN_TOKEN (default: the stack that npm start runs)')
  .option('--json', "print the API's response as it is");

type StatusResponse = z.infer<typeof statusResponse>;

async function main(): Promise<number> {
  const { options } = parseArguments(program);
  const query = new URLSearchParams(options.file === undefined ? {} : { file: await nameOf(options.file) });
  const api = await findAdminApi(options.url);
  const status = await getFrom<StatusResponse>(api, `/api/admin/smt/status?${query}`);
  const lines = status.file === null ? linesOf(status) : fileLines(status.file);
  for (const line of options.json ? [JSON.stringify(status)] : lines) console.log(line);
  if (status.file !== null) return status.file.is_loaded ? 0 : 1;
  return status.findings.length === 0 ? 0 : 1;
}

/** A file on this machine is looked for by the hash of its bytes, which decides, whatever it was called when it was sent. */
async function nameOf(file: string): Promise<string> {
  return existsSync(file) ? (await inspectFile(file)).sha256 : file;
}

function linesOf(status: StatusResponse): string[] {
  const { findings, data, today, pending, failed, sources, sync_runs: syncRuns, audit, sweep } = status;
  const now = Date.parse(status.as_of);
  const ago = (instant: string) => `${durationText(now - Date.parse(instant))} ago`;
  const byStatus = Object.entries(today).map(([name, files]) => `${count(files)} ${name}`);
  const newest =
    data.newest_usage_date === null
      ? 'none'
      : `${data.newest_usage_date}, ${data.age_days} days ago; loaded ${data.last_loaded_at ? ago(data.last_loaded_at) : 'unknown'}`;
  return [
    ...(findings.length === 0 ? ['Nothing is wrong.'] : findings.flatMap(findingLines)),
    '',
    `Newest day     ${newest}`,
    `ESIIDs         ${count(data.active_esiids)} with intervals in 30 days, ${count(data.dormant_esiids)} of them dormant${data.is_sample ? ' (a sample)' : ''}`,
    `Files today    ${byStatus.join(', ') || 'none'}`,
    `Pending        ${pending.oldest ? `file ${pending.oldest.id} the longest, since ${ago(pending.oldest.since)}` : 'none'}`,
    `Failed         ${failed.count === 0 ? 'none' : count(failed.count)}`,
    ...failed.files.map(
      ({ id, filename, error_code: code, resolve }) => `  ${id} ${filename}: ${code}: ${resolve}`,
    ),
    `Audit          ${count(audit.days_differing)} days differ, ${count(audit.days_missing)} lack intervals, noticed since yesterday`,
    `Last sweep     ${sweep.completed_at ? ago(sweep.completed_at) : 'none'}`,
    'Sources',
    ...sources.map(
      ({ source, last_received_at: last, is_late: isLate }) =>
        `  ${source.padEnd(16)} ${ago(last)}${isLate ? ', late' : ''}`,
    ),
    ...(syncRuns.length > 0 ? ['Syncs'] : []),
    ...syncRuns.map((run) => `  ${run.source.padEnd(16)} ${ago(run.reported_at)}, ${syncResult(run)}`),
  ];
}

function syncResult(run: StatusResponse['sync_runs'][number]): string {
  if (run.error_code) return `failed: ${run.error_code}`;
  const newest = run.newest_modified_at ? `, the newest of ${run.newest_modified_at.slice(0, 10)}` : '';
  const failed = run.files_failed > 0 ? `, ${count(run.files_failed)} failed: ${run.file_error_code}` : '';
  return `${count(run.files_listed ?? 0)} files found${newest}, ${count(run.files_delivered)} delivered${failed}`;
}

function findingLines({ code, severity, message, resolve }: StatusResponse['findings'][number]): string[] {
  return [`${severity.toUpperCase()} ${code}: ${message}`, `  ${resolve}`];
}

function fileLines({
  outcome,
  files,
  upload_requests: requests,
}: NonNullable<StatusResponse['file']>): string[] {
  return [
    outcome,
    ...files.map(
      ({ id, status, filename, object_key: key, resolve }) =>
        `  ${id.padStart(8)}  ${status.padEnd(11)}  ${filename}  ${key}${resolve ? `: ${resolve}` : ''}`,
    ),
    ...requests.map(
      ({ requested_at: at, source, object_key: key }) => `  upload granted ${at} to ${source}: ${key}`,
    ),
  ];
}

await runCommand(main);
