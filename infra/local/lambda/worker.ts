/**
 * The process of one execution environment: loads the handler named by _HANDLER from LAMBDA_TASK_ROOT, as the
 * Lambda runtime does, and handles one invocation after another over the IPC channel.
 */
import { existsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FromWorker, FunctionError, ToWorker } from './protocol.ts';

type Handler = (event: unknown, context: unknown) => unknown;

const environment = process.env;

function send(message: FromWorker, then?: () => void): void {
  if (process.connected) process.send?.(message, () => then?.());
  else then?.();
}

function describe(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

function die(error: unknown, errorType?: string): void {
  console.error(error);
  const described = describe(error);
  send({ type: 'fatal', error: errorType ? { ...described, errorType } : described }, () =>
    process.exit(129),
  );
}

async function loadHandler(): Promise<Handler> {
  const [, modulePath = '', name = ''] = /^(.*)\.([^.]+)$/.exec(environment._HANDLER ?? '') ?? [];
  const base = path.resolve(environment.LAMBDA_TASK_ROOT ?? '.', modulePath);
  const file = [`${base}.mjs`, `${base}.js`, `${base}.cjs`].find(existsSync);
  if (!file) throw new Error(`No module for the handler ${environment._HANDLER} in ${path.dirname(base)}`);
  const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const handler = module[name] ?? (module.default as Record<string, unknown> | undefined)?.[name];
  if (typeof handler !== 'function') throw new Error(`${file} exports no function ${name}`);
  return handler as Handler;
}

function contextOf({ requestId, deadlineMs }: ToWorker): object {
  const name = environment.AWS_LAMBDA_FUNCTION_NAME ?? '';
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: environment.SMT_LOCAL_FUNCTION_ARN ?? name,
    logGroupName: environment.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: environment.AWS_LAMBDA_LOG_STREAM_NAME,
    memoryLimitInMB: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

async function invoke(handler: Handler, message: ToWorker): Promise<void> {
  const { requestId, payload } = message;
  try {
    const result = await handler(JSON.parse(payload), contextOf(message));
    send({ type: 'result', requestId, payload: JSON.stringify(result ?? null) });
  } catch (error) {
    send({ type: 'error', requestId, error: describe(error) });
  }
}

process.on('disconnect', () => process.exit(0)); // the parent has exited, for whatever reason
process.on('SIGINT', () => {}); // Ctrl-C reaches all processes; the parent decides when this one ends
process.on('uncaughtException', (error) => die(error));
process.on('unhandledRejection', (reason) => die(reason, 'Runtime.UnhandledPromiseRejection'));

try {
  const handler = await loadHandler();
  process.on('message', (message: ToWorker) => void invoke(handler, message));
  send({ type: 'ready' });
  flushCompileCache(); // now, since most processes are killed and could not write it at exit
} catch (error) {
  die(error);
}
