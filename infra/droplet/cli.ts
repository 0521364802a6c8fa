import { type Command, parseCommand, usage } from './arguments.ts';
import { readApiConfiguration, readSyncConfiguration } from './configuration.ts';
import { doctor } from './doctor.ts';
import { readEnvironment } from './environment-file.ts';
import { DropletError, type DropletErrorCode, messageOf } from './errors.ts';
import { refuseToBeRoot } from './local-folder.ts';
import { type Log, processLog } from './log.ts';
import { ProgressBar } from './progress.ts';
import { push } from './push.ts';
import { defaultRetryPolicy } from './retry.ts';
import { sync } from './sync.ts';

const exitCodes: Partial<Record<DropletErrorCode, number>> = {
  usage: 2,
  configuration: 2,
  'host-key-refused': 3,
  'login-refused': 3,
  'sftp-unreachable': 3,
  'remote-folder': 3,
  'token-refused': 4,
  'api-unavailable': 4,
  'not-the-api': 4,
  stopped: 143,
};

const progress = new ProgressBar(process.stderr);
const log: Log = processLog((text) => progress.print(text));
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

/** Runs a command. @returns the exit code @throws what the command throws */
async function run(command: Command, args: readonly string[]): Promise<number> {
  if (command.name === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const env = readEnvironment(process.env, command.envFile);
  if (env.SMT_LOCAL_DIR) await refuseToBeRoot(env.SMT_LOCAL_DIR, { uid: process.getuid?.(), args });
  if (command.name === 'doctor') return runDoctor(env);
  const startedAtMs = Date.now();
  const tools = { log, progress, signal: stop.signal, retryPolicy: defaultRetryPolicy };
  const summary =
    command.name === 'sync'
      ? await sync(readSyncConfiguration(env), command.options, tools)
      : await push(readApiConfiguration(env), command.files, { ...tools, concurrency: command.concurrency });
  const level = summary.failed > 0 ? 'warning' : 'info';
  log[level](`${command.name} finished`, { ...summary, ms: Date.now() - startedAtMs });
  return summary.failed > 0 ? 1 : 0;
}

async function runDoctor(env: NodeJS.Dict<string>): Promise<number> {
  let isWell = true;
  for await (const { check, isOk, told } of doctor(env, stop.signal)) {
    isWell &&= isOk;
    process.stdout.write(`${isOk ? 'ok ' : 'FIX'}  ${check}: ${told}\n`);
  }
  return isWell ? 0 : 1;
}

function exitCodeOf(error: unknown): number {
  return (error instanceof DropletError ? exitCodes[error.code] : undefined) ?? 1;
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  try {
    process.exitCode = await run(parseCommand(args, Date.now()), args);
  } catch (error) {
    progress.stop();
    const code = error instanceof DropletError ? error.code : 'unexpected';
    log.error(`${args[0] ?? 'smt-droplet'} ended early`, { error: code, reason: messageOf(error) });
    process.exitCode = exitCodeOf(error);
  }
}

void main().then(() => process.exit());
