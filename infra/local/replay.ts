import { findAdminApi, postTo } from './admin-api.ts';
import { npmCommand, parseArguments, runCommand } from './command-line.ts';
import { count } from './report.ts';

const program = npmCommand(
  'replay',
  `Requeues files for normalize. Loading a file again adds only what is missing. Without --id and --status:
all that are not loaded (registered, normalizing, failed).

Exit status: 0; 1 if a file of --id does not exist or, with --wait, one failed or is still pending; 2 usage.`,
)
  .option('--id <id,…>', 'these files')
  .option(
    '--status <status,…>',
    'files that are registered, normalizing, normalized, failed, ignored, duplicate, withdrawn; or any, which leaves out withdrawn',
  )
  .option('--esiid <esiid>', 'files that hold this ESIID, or were uploaded for it')
  .option('--source <source>', 'files of this source, such as droplet-upload')
  .option('--after <id>', 'only files after this one: to continue after a limit')
  .option('--limit <n>', 'maximum number of files (default 100, at most 1000)')
  .option('--dry-run', 'only list them')
  .option('--wait <seconds>', 'wait for a final status, 25 seconds at most')
  .option('--url <url>', 'the API, with its token in ADMIN_TOKEN (default: the stack that npm start runs)')
  .option('--json', "print the API's response as it is");

/** The response of POST /api/admin/smt/normalize. */
interface ReplayResponse {
  readonly dryRun: boolean;
  readonly files: readonly ReplayedFile[];
  readonly nextAfter?: string;
  /** With `wait`. */
  readonly filesProcessed?: number;
  readonly intervalsInserted?: number;
}

interface ReplayedFile {
  readonly id: string;
  readonly previousStatus: string;
  readonly source: string;
  readonly filename: string;
  /** With `wait`: the current status. */
  readonly status?: string;
  readonly errorCode?: string | null;
  readonly errorMessage?: string | null;
}

async function main(): Promise<number> {
  const { options } = parseArguments(program);
  const query = new URLSearchParams(options.dryRun ? { dryRun: 'true' } : {});
  for (const name of ['id', 'status', 'esiid', 'source', 'after', 'limit', 'wait'] as const) {
    const value = options[name];
    if (value !== undefined) query.set(name, value);
  }
  const api = await findAdminApi(options.url);
  const response = await postTo<ReplayResponse>(api, `/api/admin/smt/normalize?${query}`);
  const problems = problemsOf(response, options.id);
  for (const line of options.json ? [JSON.stringify(response)] : linesOf(response)) console.log(line);
  for (const problem of problems) console.error(problem);
  return problems.length > 0 ? 1 : 0;
}

/** The files, with their outcome if it was waited for, and a summary. */
function linesOf({ files, dryRun, nextAfter, intervalsInserted }: ReplayResponse): string[] {
  const lines = files.map(({ id, previousStatus, status, source, filename }) =>
    [
      id.padStart(8),
      (status ? `${previousStatus} → ${status}` : previousStatus).padEnd(status ? 24 : 11),
      source.padEnd(16),
      filename,
    ].join('  '),
  );
  const verb = dryRun ? 'would be requeued' : 'requeued';
  lines.push(files.length === 0 ? 'No file matches.' : `${filesText(files.length)} ${verb}.`);
  if (intervalsInserted !== undefined) {
    const byStatus = Object.entries(Object.groupBy(files, ({ status = 'unknown' }) => status));
    const counts = byStatus.map(([status, some]) => `${count(some?.length ?? 0)} ${status}`).join(', ');
    lines.push(`Now: ${counts || 'nothing'}; ${count(intervalsInserted)} new intervals.`);
  }
  if (nextAfter) lines.push(`There may be more: continue with --after ${nextAfter}`);
  return lines;
}

/** The reasons for which the command did not do everything requested. */
function problemsOf({ files, filesProcessed }: ReplayResponse, ids: string | undefined): string[] {
  const found = new Set(files.map(({ id }) => id));
  const missing = (ids?.split(',') ?? []).map((id) => id.trim()).filter((id) => !found.has(id));
  const failed = files.filter(({ status }) => status === 'failed');
  const pending = filesProcessed === undefined ? 0 : files.length - filesProcessed;
  return [
    ...missing.map(
      (id) =>
        `File ${id} was not requeued: it does not exist, another option excludes it, or a worker is processing it.`,
    ),
    ...failed.map(({ id, errorMessage, errorCode }) => `File ${id} failed: ${errorMessage} (${errorCode})`),
    ...(pending > 0 ? [`${filesText(pending)} still pending: run this again, or see the file's page.`] : []),
  ];
}

function filesText(files: number): string {
  return `${count(files)} file${files === 1 ? '' : 's'}`;
}

await runCommand(main);
