import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import path from 'node:path';
import { onTestFinished } from 'vitest';

const projectRoot = path.join(import.meta.dirname, '../..');

export interface CommandOptions {
  readonly args?: readonly string[];
  readonly stateDir: string;
  readonly databaseUrl?: string;
  /** Further variables. */
  readonly environment?: NodeJS.ProcessEnv;
}

interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly pid: number;
  /** Standard output so far. */
  readonly stdout: string;
  readonly ended: Promise<CommandResult>;
  signal(name: NodeJS.Signals): void;
}

/** Runs `npm start`, or the npm script of that name, as it does, with state in a folder of the test's. */
export function runCommand(name: string, options: CommandOptions): RunningCommand {
  // Tests never touch what DATABASE_URL names: it may be production.
  const { DATABASE_URL: _, PORT: __, npm_lifecycle_event: ___, ...environment } = process.env;
  const child = spawn(process.execPath, [`infra/local/${name}.ts`, ...(options.args ?? [])], {
    cwd: projectRoot,
    env: {
      ...environment,
      SMT_STATE_DIR: options.stateDir,
      ADMIN_TOKEN: '',
      ...(options.databaseUrl && { DATABASE_URL: options.databaseUrl }),
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.stderr += chunk;
  });
  const ended = new Promise<CommandResult>((resolve, reject) => {
    child.on('error', reject).on('close', (code) => resolve({ code, ...output }));
  });
  onTestFinished(() => endGently(child, ended));
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return output.stdout;
    },
    ended,
    signal: (signal) => child.kill(signal),
  };
}

async function endGently(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
  await ended;
}

/** All processes that descend from one, at this moment. */
export function descendantsOf(pid: number): readonly number[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' });
  const processes = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = new Set([pid]);
  // Parents may stand after their children.
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const [child = 0, parent = 0] of processes) if (found.has(parent)) found.add(child);
  }
  found.delete(pid);
  return [...found];
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
