import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FunctionDescription } from '../template/description.ts';
import type { LocalServices } from './environment-variables.ts';
import { ExecutionEnvironment } from './execution-environment.ts';
import type { FunctionLogs } from './logs.ts';
import type { FunctionError, InvocationResult } from './protocol.ts';

export interface LocalFunctionOptions {
  readonly fn: FunctionDescription;
  readonly services: LocalServices;
  readonly logs: FunctionLogs;
  /** Processes at once; the template's reserved concurrency can only lower it. */
  readonly maxConcurrency: number;
  /** Called for each invocation that fails. */
  readonly onFailure?: OnFailure | undefined;
}

export type OnFailure = (functionName: string, error: FunctionError) => void;

/** A worker as tests and the fault-injection harness see it. */
export interface Worker {
  readonly pid: number | undefined;
  readonly isBusy: boolean;
  kill(): Promise<void>;
}

/**
 * A function with its execution environments: invocations reuse an idle one, start another up to the bound,
 * or wait their turn.
 */
export class LocalFunction {
  readonly description: FunctionDescription;
  /** Invocations at once. */
  readonly concurrency: number;
  private readonly options: LocalFunctionOptions;
  /** The environment used last comes first, so that few stay warm under little load. */
  private readonly idle: ExecutionEnvironment[] = [];
  private readonly busy = new Set<ExecutionEnvironment>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private isStopped = false;

  constructor(options: LocalFunctionOptions) {
    this.options = options;
    this.description = options.fn;
    this.concurrency = Math.min(options.maxConcurrency, options.fn.reservedConcurrency ?? Infinity);
  }

  get workers(): readonly Worker[] {
    const worker = (isBusy: boolean) => (environment: ExecutionEnvironment) => ({
      pid: environment.pid,
      isBusy,
      kill: () => environment.kill(),
    });
    return [...[...this.busy].map(worker(true)), ...this.idle.map(worker(false))];
  }

  /** Invokes the function and waits for its end. Never rejects: every failure is a result. */
  async invoke(payload: unknown, requestId: string = randomUUID()): Promise<InvocationResult> {
    if (this.running >= this.concurrency) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      if (this.isStopped) return stopped(requestId);
      return await this.invokeNow(payload, requestId);
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private async invokeNow(payload: unknown, requestId: string): Promise<InvocationResult> {
    const environment = this.takeIdle() ?? new ExecutionEnvironment(this.options);
    this.busy.add(environment);
    try {
      const result = await environment.invoke(payload, requestId);
      this.tellFailure(result);
      return result;
    } finally {
      this.busy.delete(environment);
      if (environment.isAlive && !this.isStopped) this.idle.unshift(environment);
      else await environment.kill();
    }
  }

  /** As the platform does: logs what the function could not log itself. */
  private tellFailure(result: InvocationResult): void {
    if (result.outcome === 'ok') return;
    const { fn, logs, onFailure } = this.options;
    const line = {
      level: 'ERROR',
      message: 'invocation failed',
      timestamp: new Date().toISOString(),
      ...result,
    };
    logs.write(fn.name, JSON.stringify(line));
    onFailure?.(fn.name, result.error);
  }

  private takeIdle(): ExecutionEnvironment | undefined {
    for (;;) {
      const environment = this.idle.shift();
      if (!environment || environment.isAlive) return environment;
    }
  }

  /** Waits until nothing runs, for at most this long. */
  async drain(graceMs: number): Promise<void> {
    for (const deadline = Date.now() + graceMs; this.running > 0 && Date.now() < deadline; ) await sleep(20);
  }

  /** Kills all environments; invocations in flight end as `exited`. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await Promise.all([...this.busy, ...this.idle].map((environment) => environment.kill()));
  }
}

function stopped(requestId: string): InvocationResult {
  const error = { errorType: 'Local.Stopped', errorMessage: 'the local stack has stopped', trace: [] };
  return { outcome: 'exited', requestId, error, outOfMemory: false };
}
