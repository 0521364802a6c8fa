/** Kinds of failure. Stable: operators filter the log by them. */
export type DropletErrorCode =
  | 'usage'
  | 'configuration'
  | 'host-key-mismatch'
  | 'login-rejected'
  | 'sftp-unreachable'
  | 'remote-folder'
  | 'remote-file-changed'
  | 'remote-file-deleted'
  | 'remote-file-unreadable'
  | 'remote-file-timeout'
  | 'local-file-changed'
  | 'disk-full'
  | 'file-too-large'
  | 'token-rejected'
  | 'api-unavailable'
  | 'not-the-api'
  | 'upload-rejected'
  | 'upload-unconfirmed'
  | 's3-unreachable'
  | 'stopped';

/** A failure that is shown to people. The message says what is wrong and, where possible, what to do. */
export class DropletError extends Error {
  readonly code: DropletErrorCode;
  constructor(code: DropletErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DropletError';
    this.code = code;
  }
}

/** A temporary failure, worth another attempt. */
export class TemporaryError extends DropletError {
  /** Set when the server sent a Retry-After. */
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

/** Failures that every further file would meet as well. */
const fatalCodes: ReadonlySet<DropletErrorCode> = new Set([
  'host-key-mismatch',
  'login-rejected',
  'sftp-unreachable',
  'token-rejected',
  'not-the-api',
  'stopped',
]);

/** Whether a failure ends the run rather than one file. */
export function isFatal(error: unknown): boolean {
  return error instanceof DropletError && fatalCodes.has(error.code);
}

export function hasCode(error: unknown, code: DropletErrorCode): error is DropletError {
  return error instanceof DropletError && error.code === code;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
