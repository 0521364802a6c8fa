import { parseArgs } from 'node:util';
import { findAdminApi, postTo } from './admin-api.ts';
import { runCommand } from './removal-command.ts';
import { count } from './report.ts';

const usage = 'usage: npm run replay -- [--id ID,…] [--status STATUS,…] [--esiid ESIID] [--source SOURCE] …';
const help = `${usage}

Puts files back on the normalize queue; loading a file again adds only what is missing. Without --id and --status:
whatever is not loaded (registered, normalizing, failed).

  --id ID,…          these files
  --status STATUS,…  files that are registered, normalizing, normalized, failed, ignored, duplicate, withdrawn; or
                     any, which leaves withdrawn files alone
  --esiid ESIID      files that hold this ESIID, or were given it
  --source SOURCE    files from there, such as droplet-upload
  --after ID         only files after this one: where a limit stopped
  --limit N          so many at most (default 100, at most 1000)
  --dry-run          only show which
  --wait SECONDS     wait so long (at most 25) for them to come to their end
  --url URL          the API to call, with the token in ADMIN_TOKEN (default: the stack that npm start runs)
  --json             the API's answer as it is
  --help             this`;

const word = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const options = {
  id: word,
  status: word,
  esiid: word,
  source: word,
  after: word,
  limit: word,
  'dry-run': flag,
  wait: word,
  url: word,
  json: flag,
  help: flag,
};

type Arguments = ReturnType<typeof parseArgs<{ options: typeof options }>>['values'];

interface ReplayResult {
  readonly dryRun: boolean;
  readonly files: readonly Replayed[];
  readonly nextAfter?: string;
  readonly filesProcessed?: number;
  readonly intervalsInserted?: number;
}

interface Replayed {
  readonly id: string;
  readonly previousStatus: string;
  readonly source: string;
  readonly filename: string;
}

async function main(): Promise<void> {
  const values = readArguments();
  const query = new URLSearchParams(values['dry-run'] ? { dryRun: 'true' } : {});
  for (const name of ['id', 'status', 'esiid', 'source', 'after', 'limit', 'wait'] as const) {
    const value = values[name];
    if (value !== undefined) query.set(name, value);
  }
  const result = await postTo<ReplayResult>(
    await findAdminApi(values.url),
    `/api/admin/smt/normalize?${query}`,
  );
  console.log(values.json ? JSON.stringify(result) : textOf(result));
}

function textOf(result: ReplayResult): string {
  const { files, dryRun, nextAfter, filesProcessed, intervalsInserted } = result;
  const lines = files.map(({ id, previousStatus, source, filename }) =>
    [id.padStart(8), previousStatus.padEnd(11), source.padEnd(16), filename].join('  '),
  );
  lines.push(
    `${count(files.length)} file${files.length === 1 ? '' : 's'} ${dryRun ? 'would be put' : 'put'} back on the queue.`,
  );
  if (filesProcessed !== undefined) {
    lines.push(
      `${count(filesProcessed)} of them came to their end: ${count(intervalsInserted ?? 0)} new intervals.`,
    );
  }
  if (nextAfter) lines.push(`There may be more: go on with --after ${nextAfter}`);
  return lines.join('\n');
}

function readArguments(): Arguments {
  try {
    const { values } = parseArgs({ options });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${usage}`);
    process.exit(2);
  }
}

await runCommand(main);
