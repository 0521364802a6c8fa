/** What can be the matter; stable, since operators filter by it. */
export type DropletErrorCode =
  | 'usage'
  | 'configuration'
  | 'host-key-refused'
  | 'login-refused'
  | 'sftp-unreachable'
  | 'remote-folder'
  | 'remote-file-changed'
  | 'remote-file-gone'
  | 'remote-file-unreadable'
  | 'local-file-changed'
  | 'disk-full'
  | 'file-too-large'
  | 'token-refused'
  | 'api-unavailable'
  | 'not-the-api'
  | 'upload-refused'
  | 'stopped';

/** Everything that goes wrong here and is told to people; the message says what to do where there is something to do. */
export class DropletError extends Error {
  readonly code: DropletErrorCode;
  constructor(code: DropletErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DropletError';
    this.code = code;
  }
}

/** A failure that may be over in a moment: trying again is right. */
export class TemporaryError extends DropletError {
  /** When the other side said when to come back. */
  readonly retryAfterMs: number | undefined;
  constructor(
    code: DropletErrorCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number | undefined },
  ) {
    super(code, message, options);
    this.name = 'TemporaryError';
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** Failures that every further file would meet too, so the run ends. */
const ofTheWholeRun: ReadonlySet<DropletErrorCode> = new Set([
  'host-key-refused',
  'login-refused',
  'sftp-unreachable',
  'token-refused',
  'not-the-api',
  'stopped',
]);

export function endsTheRun(error: unknown): boolean {
  return error instanceof DropletError && ofTheWholeRun.has(error.code);
}

export function hasCode(error: unknown, code: DropletErrorCode): error is DropletError {
  return error instanceof DropletError && error.code === code;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
