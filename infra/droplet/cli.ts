import { readApiConfiguration } from './configuration.ts';
import { doctor } from './doctor.ts';
import { readEnvironment, type Variables } from './environment-file.ts';
import { DropletError, type DropletErrorCode, messageOf } from './errors.ts';
import { rejectRoot } from './local-folder.ts';
import { type Log, printable, processLog } from './log.ts';
import { type DropletCommand, parseArguments } from './parse-arguments.ts';
import { ProgressBar } from './progress.ts';
import { push } from './push.ts';
import { reportedSync } from './reported-sync.ts';
import { defaultRetryPolicy } from './retry.ts';
import { describeVersion } from './version.ts';

const exitCodes: Partial<Record<DropletErrorCode, number>> = {
  usage: 2,
  configuration: 2,
  'host-key-mismatch': 3,
  'login-rejected': 3,
  'sftp-unreachable': 3,
  'remote-folder': 3,
  'token-rejected': 4,
  'api-unavailable': 4,
  'not-the-api': 4,
  stopped: 143,
};

const progress = new ProgressBar(process.stderr);
const log: Log = processLog((text) => progress.print(text));
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

/** Runs a command. @returns the exit code @throws what the command throws */
async function run(command: DropletCommand, args: readonly string[]): Promise<number> {
  const env = readEnvironment(process.env, command.envFile);
  if (env.SMT_LOCAL_DIR) await rejectRoot(env.SMT_LOCAL_DIR, { uid: process.getuid?.(), args });
  if (command.name === 'doctor') return runDoctor(env);
  const startedAtMs = Date.now();
  const tools = { log, progress, signal: stop.signal, retryPolicy: defaultRetryPolicy };
  const summary =
    command.name === 'sync'
      ? await reportedSync(env, command.options, tools)
      : await push(readApiConfiguration(env), command.files, { ...tools, concurrency: command.concurrency });
  const isComplete = summary.failed === 0 && summary.notLoaded === 0;
  const counts = Object.entries(summary).map(([name, value]) => [snakeCase(name), value]);
  log[isComplete ? 'info' : 'warning'](`${command.name} finished`, {
    ...Object.fromEntries(counts),
    ms: Date.now() - startedAtMs,
  });
  return isComplete ? 0 : 1;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const marks = { ok: 'ok ', broken: 'FIX', skipped: '-  ' } as const;

async function runDoctor(env: Variables): Promise<number> {
  let isBroken = false;
  for await (const { check, result, message } of doctor(env, stop.signal)) {
    isBroken ||= result === 'broken';
    process.stdout.write(`${marks[result]}  ${check}: ${printable(message)}\n`);
  }
  return isBroken ? 1 : 0;
}

function exitCodeOf(error: unknown): number {
  return (error instanceof DropletError ? exitCodes[error.code] : undefined) ?? 1;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  try {
    const command = parseArguments(args, {
      nowMs: Date.now(),
      version: describeVersion(process.argv[1]),
      print: (text) => process.stdout.write(text),
    });
    process.exitCode = command ? await run(command, args) : 0;
  } catch (error) {
    progress.stop();
    const code = error instanceof DropletError ? error.code : 'unexpected';
    log.error(`${args[0] ?? 'smt-droplet'} failed`, { error: code, reason: messageOf(error) });
    process.exitCode = exitCodeOf(error);
  }
}

void main().then(() => process.exit());
