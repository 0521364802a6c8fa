import { parseArgs } from 'node:util';
import { DropletError, messageOf } from './errors.ts';
import type { SyncOptions } from './sync.ts';

export const usage = `Usage: smt-droplet sync [--once] [--dry-run] [--since TIME] [--concurrency N]
       smt-droplet push FILE… [--concurrency N]
       smt-droplet doctor

sync    delivers every file in SMT's SFTP folder that has not been delivered yet
push    delivers files of this machine
doctor  checks configuration, disk, API, clock, token, host key and login, and says what to fix

  --once           look twice, and leave files that are still being written to the next run, instead of waiting for them
  --dry-run        only say what would be delivered
  --since TIME     only files that changed since: 2025-01-31, an ISO time, or an age such as 36h or 7d
  --concurrency N  files at once (default 4)
  --env-file FILE  where the configuration is (default: /etc/default/intelliwatt-smt, if there); variables set already win

Exit: 0 all delivered, 1 some files failed, 2 usage or configuration, 3 SFTP, 4 API, 143 stopped.
`;

export type Command =
  | { readonly name: 'help' }
  | { readonly name: 'doctor'; readonly envFile: string | undefined }
  | { readonly name: 'sync'; readonly envFile: string | undefined; readonly options: SyncOptions }
  | {
      readonly name: 'push';
      readonly envFile: string | undefined;
      readonly files: readonly string[];
      readonly concurrency: number;
    };

const defaultConcurrency = 4;
const maxConcurrency = 32;

/** @throws DropletError `usage` */
export function parseCommand(args: readonly string[], nowMs: number): Command {
  const { values, positionals } = parse(args);
  const [name, ...files] = positionals;
  if (values.help || name === undefined) return { name: 'help' };
  const envFile = values['env-file'];
  const concurrency = parseConcurrency(values.concurrency);
  if (name === 'push') {
    if (files.length === 0) throw usageError('push needs at least one FILE.');
    return { name, envFile, files, concurrency };
  }
  if (files.length > 0) throw usageError(`${name} takes no ${files[0]}.`);
  if (name === 'doctor') return { name, envFile };
  if (name !== 'sync') throw usageError(`There is no command ${name}.`);
  const since = values.since === undefined ? null : parseSince(values.since, nowMs);
  return {
    name,
    envFile,
    options: { dryRun: values['dry-run'] ?? false, once: values.once ?? false, since, concurrency },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        'dry-run': { type: 'boolean' },
        once: { type: 'boolean' },
        since: { type: 'string' },
        concurrency: { type: 'string' },
        'env-file': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw usageError(messageOf(error));
  }
}

function parseConcurrency(text: string | undefined): number {
  if (text === undefined) return defaultConcurrency;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= maxConcurrency) return value;
  throw usageError(`--concurrency is a number from 1 to ${maxConcurrency}, not ${text}.`);
}

function parseSince(text: string, nowMs: number): Date {
  const age = /^(\d+)([hd])$/.exec(text);
  if (age) return new Date(nowMs - Number(age[1]) * (age[2] === 'h' ? 3_600_000 : 86_400_000));
  const time = new Date(/^\d{4}-\d\d-\d\d/.test(text) ? text : Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw usageError(
    `--since is a date such as 2025-01-31, an ISO time, or an age such as 36h or 7d, not ${text}.`,
  );
}

function usageError(message: string): DropletError {
  return new DropletError('usage', `${message} See smt-droplet --help.`);
}
