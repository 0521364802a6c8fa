import { parseArgs } from 'node:util';
import { findRunningStack } from './lock.ts';
import { count } from './report.ts';
import { stateDirOf } from './settings.ts';

const usage = 'usage: npm run replay -- [--id ID,…] [--status STATUS,…] [--esiid ESIID] [--source SOURCE] …';
const help = `${usage}

Puts files back on the normalize queue; loading a file again adds only what is missing. Without --id and --status:
whatever is not loaded (registered, normalizing, failed).

  --id ID,…          these files
  --status STATUS,…  files that are registered, normalizing, normalized, failed, ignored, duplicate; or any
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

/** What POST /api/admin/smt/normalize answers. */
type Answer =
  | { readonly ok: false; readonly error: string; readonly message: string; readonly details?: unknown }
  | {
      readonly ok: true;
      readonly dryRun: boolean;
      readonly files: readonly Replayed[];
      readonly nextAfter?: string;
      readonly filesProcessed?: number;
      readonly intervalsInserted?: number;
    };

interface Replayed {
  readonly id: string;
  readonly previousStatus: string;
  readonly source: string;
  readonly filename: string;
}

async function main(): Promise<number> {
  const values = readArguments();
  const { apiUrl, adminToken } = await findApi(values.url);
  const query = new URLSearchParams(values['dry-run'] ? { dryRun: 'true' } : {});
  for (const name of ['id', 'status', 'esiid', 'source', 'after', 'limit', 'wait'] as const) {
    const value = values[name];
    if (value !== undefined) query.set(name, value);
  }
  const response = await fetch(new URL(`/api/admin/smt/normalize?${query}`, apiUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}` },
  });
  const body = await response.text();
  const answer = parse(body);
  if (answer?.ok !== true) {
    console.error(answer ? `${answer.message} (${answer.error})` : `${apiUrl} answered ${response.status}.`);
    for (const detail of [answer?.details ?? []].flat()) console.error(`  ${JSON.stringify(detail)}`);
    return 1;
  }
  console.log(values.json ? body : textOf(answer));
  return 0;
}

function parse(body: string): Answer | null {
  try {
    return JSON.parse(body) as Answer;
  } catch {
    return null;
  }
}

function textOf(answer: Answer & { readonly ok: true }): string {
  const { files, dryRun, nextAfter, filesProcessed, intervalsInserted } = answer;
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

/** Where the API is: as told, or where the local stack says. */
async function findApi(url: string | undefined): Promise<{ apiUrl: string; adminToken: string }> {
  if (url !== undefined) {
    const adminToken = process.env.ADMIN_TOKEN;
    if (!adminToken) throw new Error('Put the admin token into ADMIN_TOKEN.');
    return { apiUrl: url, adminToken };
  }
  const running = await findRunningStack(stateDirOf(process.env));
  if (!running)
    throw new Error('No local stack is running. Start it with npm start, or name an API with --url.');
  return running;
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

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
