import { AsyncInvoker } from './lambda/async-invoker.ts';
import { credentialsOf, type LocalServices } from './lambda/environment-variables.ts';
import { LocalFunction, type OnFailure } from './lambda/local-function.ts';
import type { FunctionLogs } from './lambda/logs.ts';
import type { InvocationResult } from './lambda/protocol.ts';
import type { Queues } from './queues.ts';
import type { StackDescription } from './template/description.ts';

export interface FunctionsOptions {
  readonly description: StackDescription;
  readonly services: LocalServices;
  readonly logs: FunctionLogs;
  readonly queues: Queues;
  readonly maxConcurrency: number;
  readonly timeScale: number;
  readonly onFailure?: OnFailure | undefined;
}

/** All functions of the stack, to be invoked by logical id or by name. */
export class LocalFunctions {
  private readonly functions = new Map<string, LocalFunction>();
  private readonly asyncInvokers = new Map<string, AsyncInvoker>();

  constructor(options: FunctionsOptions) {
    const { description, services, logs, queues, maxConcurrency, timeScale, onFailure } = options;
    for (const fn of description.functions) {
      const local = new LocalFunction({ fn, services, logs, maxConcurrency, onFailure });
      const queuesOfFunction = queues.as(credentialsOf(fn.logicalId, services));
      const invoker = new AsyncInvoker({
        fn,
        config: description.asyncConfigs.find(({ functionId }) => functionId === fn.logicalId),
        timeScale,
        invoke: (payload, requestId) => local.invoke(payload, requestId),
        sendToQueue: (queueArn, body) => queuesOfFunction.send(queueArn, body),
      });
      this.functions.set(fn.logicalId, local);
      this.asyncInvokers.set(fn.logicalId, invoker);
    }
  }

  /** @throws Error naming the functions there are, if there is none of that name */
  get(nameOrId: string): LocalFunction {
    const all = [...this.functions.values()];
    const local = this.functions.get(nameOrId) ?? all.find(({ description: d }) => d.name === nameOrId);
    if (local) return local;
    throw new Error(
      `no function ${nameOrId}; there are ${all.map(({ description: d }) => d.name).join(', ')}`,
    );
  }

  /** Invokes and waits; every failure is a result. */
  invoke(nameOrId: string, payload: unknown): Promise<InvocationResult> {
    return this.get(nameOrId).invoke(payload);
  }

  /** Invokes asynchronously, as S3 and schedules do: with retries, without a response. */
  readonly invokeAsync = (nameOrId: string, payload: unknown): void => {
    this.asyncInvokers.get(this.get(nameOrId).description.logicalId)?.accept(payload);
  };

  /** Asynchronous invocations in flight. */
  get pendingAsync(): number {
    return [...this.asyncInvokers.values()].reduce((sum, invoker) => sum + invoker.pending, 0);
  }

  /** Waits a moment for running invocations, then kills all processes. */
  async stop(graceMs: number): Promise<void> {
    const quiet = Promise.all([...this.functions.values()].map((fn) => fn.drain(graceMs)));
    const asyncStopped = [...this.asyncInvokers.values()].map((invoker) => invoker.stop());
    await quiet;
    await Promise.all([...this.functions.values()].map((fn) => fn.stop()));
    await Promise.all(asyncStopped);
  }
}
