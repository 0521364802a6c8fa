import { Command, CommanderError, InvalidArgumentError } from '@commander-js/extra-typings';
import { defaultEnvironmentFile } from './environment-file.ts';
import { DropletError } from './errors.ts';
import type { SyncOptions } from './sync.ts';

export type DropletCommand =
  | { readonly name: 'doctor'; readonly envFile: string | undefined }
  | { readonly name: 'sync'; readonly envFile: string | undefined; readonly options: SyncOptions }
  | {
      readonly name: 'push';
      readonly envFile: string | undefined;
      readonly files: readonly string[];
      readonly concurrency: number;
    };

/** Hides the round trips to SMT, the API and S3 that a small file consists of. */
const defaultConcurrency = 32;
const maxConcurrency = 128;

interface ParseOptions {
  readonly nowMs: number;
  readonly version: string;
  /** Receives help and version. */
  readonly print: (text: string) => void;
}

/**
 * @returns null when help or the version was asked for and is printed
 * @throws DropletError `usage`
 */
export function parseArguments(args: readonly string[], options: ParseOptions): DropletCommand | null {
  let parsed: DropletCommand | null = null;
  const program = commandLine(options, (command) => {
    parsed = command;
  });
  try {
    program.parse(args.length === 0 ? ['--help'] : args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null;
    const message = error.message
      .replace(/^error: /, '')
      .trimEnd()
      .replace(/\.$/, '');
    throw new DropletError('usage', `${message}. See smt-droplet --help.`, { cause: error });
  }
  return parsed;
}

function commandLine({ nowMs, version, print }: ParseOptions, found: (command: DropletCommand) => void) {
  const program = new Command('smt-droplet')
    .description('Delivers Smart Meter Texas files to S3.')
    .version(version, '--version', 'print the version and exit')
    .helpOption('-h, --help', 'print this and exit')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => undefined })
    .addHelpText('after', `\nExit status:\n${exitStatuses}`);
  const subcommand = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .helpOption('-h, --help', 'print this and exit')
      .option(
        '--env-file <file>',
        `configuration (default: ${defaultEnvironmentFile}); variables that are set win`,
      )
      .copyInheritedSettings(program);
  subcommand('sync', "deliver every file in SMT's SFTP folder that has not been delivered yet")
    .option('--once', 'leave files that may still be written to the next run, instead of waiting')
    .option('--dry-run', 'only print what would be delivered')
    .option(
      '--since <time>',
      'only files changed since: 2025-01-31, an ISO time, or an age (36h, 7d)',
      (text) => parseSince(text, nowMs),
    )
    .option('--concurrency <n>', 'files at once', parseConcurrency, defaultConcurrency)
    .action(({ envFile, once = false, dryRun = false, since = null, concurrency }) =>
      found({ name: 'sync', envFile, options: { once, dryRun, since, concurrency } }),
    );
  subcommand('push', 'deliver files of this machine')
    .argument('<file...>')
    .option('--concurrency <n>', 'files at once', parseConcurrency, defaultConcurrency)
    .action((files, { envFile, concurrency }) => found({ name: 'push', envFile, files, concurrency }));
  subcommand(
    'doctor',
    'check configuration, disk, API, clock, token, S3, host key, login and folder, and report what to fix',
  ).action(({ envFile }) => found({ name: 'doctor', envFile }));
  return program;
}

const exitStatuses = `  0    all files delivered
  1    some files failed, or hold bytes that failed to load before
  2    usage or configuration
  3    SFTP
  4    API
  143  stopped; the next run continues
`;

function parseConcurrency(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= maxConcurrency) return value;
  throw new InvalidArgumentError(`It must be a number from 1 to ${maxConcurrency}.`);
}

function parseSince(text: string, nowMs: number): Date {
  const age = /^(\d+)([hd])$/.exec(text);
  if (age) return new Date(nowMs - Number(age[1]) * (age[2] === 'h' ? 3_600_000 : 86_400_000));
  const time = new Date(/^\d{4}-\d\d-\d\d/.test(text) ? text : Number.NaN);
  if (!Number.isNaN(time.getTime())) return time;
  throw new InvalidArgumentError(
    'It must be a date such as 2025-01-31, an ISO time, or an age such as 36h or 7d.',
  );
}
