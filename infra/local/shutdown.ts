/** Aborts at the first Ctrl-C, SIGTERM or SIGHUP; a second one ends the process at once. */
export function abortOnSignals(): AbortSignal {
  const abort = new AbortController();
  const onSignal = () => {
    if (abort.signal.aborted) process.exit(130);
    abort.abort(new InterruptedError());
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return abort.signal;
}

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** The user ended the command. */
class InterruptedError extends Error {
  readonly code = 'interrupted';
  constructor() {
    super('interrupted');
    this.name = 'InterruptedError';
  }
}
