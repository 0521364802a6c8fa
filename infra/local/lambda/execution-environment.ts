import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { FunctionDescription } from '../template/description.ts';
import { environmentOf, type LocalServices } from './environment-variables.ts';
import type { FunctionLogs } from './logs.ts';
import { peakMemoryMb } from './peak-memory.ts';
import type { FromWorker, FunctionError, InvocationResult, ToWorker } from './protocol.ts';

const workerPath = fileURLToPath(import.meta.resolve('./worker.ts'));
/** Lambda's own, not in the template and so not scaled. After it Lambda begins again, within the function's timeout. */
const initTimeoutMs = 10_000;
/** How often the memory of a running invocation is compared with what its function has. */
const memoryCheckMs = 100;

export interface ExecutionEnvironmentOptions {
  readonly fn: FunctionDescription;
  readonly services: LocalServices;
  readonly logs: FunctionLogs;
}

/** The message, exit or timeout that ends the current invocation. */
type Ending =
  | { readonly type: 'message'; readonly message: FromWorker }
  | { readonly type: 'exit'; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly type: 'deadline'; readonly timeoutMs: number };

/**
 * One execution environment: a process that has loaded the function's bundle and serves one invocation at a time.
 * After a timeout, an exit, or an error outside the handler it is dead, and the next invocation needs another.
 */
export class ExecutionEnvironment {
  private readonly options: ExecutionEnvironmentOptions;
  private readonly process: ChildProcess;
  private readonly exited: Promise<void>;
  private readonly ready: Promise<Ending>;
  private onEnding: ((ending: Ending) => void) | undefined;
  private exit: Ending | undefined;
  private fatal: FunctionError | undefined;
  private outOfMemory = false;

  constructor(options: ExecutionEnvironmentOptions) {
    this.options = options;
    const { fn, services, logs } = options;
    this.process = fork(workerPath, {
      cwd: fn.codeDir,
      env: environmentOf(fn, services),
      // Lambda leaves a tenth of the memory to what is not JavaScript's heap.
      execArgv: [`--max-old-space-size=${Math.floor(fn.memorySizeMb * 0.9)}`],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    if (this.process.stdout) logs.collect(fn.name, this.process.stdout);
    if (this.process.stderr) {
      logs.collect(fn.name, this.process.stderr, (line) => {
        if (line.includes('JavaScript heap out of memory')) this.outOfMemory = true;
      });
    }
    this.ready = this.nextEnding(Math.max(initTimeoutMs, fn.timeoutMs));
    this.process.on('message', (message: FromWorker) => this.onMessage(message));
    // 'close' rather than 'exit': by then all of its output has been read.
    this.exited = new Promise((resolve) => {
      const onExit = (code: number | null, signal: NodeJS.Signals | null) => {
        this.exit = { type: 'exit', code, signal };
        this.onEnding?.(this.exit);
        resolve();
      };
      this.process.on('close', onExit);
      this.process.on('error', () => onExit(null, null));
    });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** False once the process has exited, or is about to. */
  get isAlive(): boolean {
    return this.exit === undefined && !this.process.killed && this.process.connected;
  }

  /** Runs one invocation. Never rejects: every failure is a result. */
  async invoke(payload: unknown, requestId: string = randomUUID()): Promise<InvocationResult> {
    const { timeoutMs } = this.options.fn;
    const init = await this.ready;
    if (init.type === 'deadline') return this.timedOut(requestId, init.timeoutMs);
    if (init.type === 'exit') return this.crashed(requestId, init);
    const ended = this.nextEnding(timeoutMs);
    const message: ToWorker = {
      type: 'invoke',
      requestId,
      payload: JSON.stringify(payload ?? null),
      deadlineMs: Date.now() + timeoutMs,
    };
    this.process.send(message, () => {}); // if the channel has closed, the exit reports it
    const memoryCheck = setInterval(() => void this.killIfTooLarge(), memoryCheckMs);
    let ending = await ended;
    clearInterval(memoryCheck);
    if (ending.type === 'message' && (await this.killIfTooLarge()))
      ending = { type: 'exit', code: null, signal: 'SIGKILL' };
    if (ending.type === 'deadline') return this.timedOut(requestId, timeoutMs);
    if (ending.type === 'exit') return this.crashed(requestId, ending);
    const response = ending.message;
    if (response.type === 'result')
      return { outcome: 'ok', requestId, payload: JSON.parse(response.payload) };
    const error = response.type === 'error' ? response.error : unexpected(response.type);
    return { outcome: 'error', requestId, error };
  }

  /** Kills the process, as at a timeout, and waits until it has exited. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  /** As Lambda does with a process whose resident memory, all of it and not only JavaScript's heap, is more than its function has. */
  private async killIfTooLarge(): Promise<boolean> {
    const peakMb = await peakMemoryMb(this.pid);
    if (peakMb === null || peakMb <= this.options.fn.memorySizeMb) return false;
    this.outOfMemory = true;
    await this.kill();
    return true;
  }

  private onMessage(message: FromWorker): void {
    // The invocation ends with the exit that follows; this is its cause.
    if (message.type === 'fatal') this.fatal = message.error;
    else this.onEnding?.({ type: 'message', message });
  }

  private nextEnding(timeoutMs: number): Promise<Ending> {
    return new Promise((resolve) => {
      const end = (ending: Ending) => {
        clearTimeout(timer);
        this.onEnding = undefined;
        resolve(ending);
      };
      const timer = setTimeout(() => end({ type: 'deadline', timeoutMs }), timeoutMs);
      this.onEnding = end;
      if (this.exit) end(this.exit);
    });
  }

  private async timedOut(requestId: string, timeoutMs: number): Promise<InvocationResult> {
    await this.kill();
    const errorMessage = `${requestId} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`;
    return {
      outcome: 'timeout',
      requestId,
      error: { errorType: 'Sandbox.Timedout', errorMessage, trace: [] },
    };
  }

  private crashed(requestId: string, { code, signal }: Ending & { type: 'exit' }): InvocationResult {
    const outOfMemory = this.outOfMemory;
    if (this.fatal) return { outcome: 'exited', requestId, error: this.fatal, outOfMemory };
    const how = signal ? `signal: ${signal}` : `exit status ${code}`;
    const error = {
      errorType: outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError',
      errorMessage: `RequestId: ${requestId} Error: Runtime exited with error: ${how}`,
      trace: [],
    };
    return { outcome: 'exited', requestId, error, outOfMemory };
  }
}

function unexpected(type: string): FunctionError {
  return { errorType: 'Runtime.Unknown', errorMessage: `unexpected message ${type}`, trace: [] };
}
