/** S3's error response: `code` is S3's own error code, `status` its HTTP status. */
export class S3Error extends Error {
  readonly code: string;
  readonly status: number;
  /** Further elements of the error document, as S3 names them. */
  readonly details: Record<string, string>;
  /** Response headers that belong to this error. */
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Record<string, string> = {},
    options: ErrorOptions & { headers?: Record<string, string> } = {},
  ) {
    super(message, options);
    this.name = 'S3Error';
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = options.headers ?? {};
  }
}

/** 403 AccessDenied: the request is anonymous, expired, or has headers that were not signed. */
export const accessDenied = (message = 'Access Denied', details: Record<string, string> = {}) =>
  new S3Error(403, 'AccessDenied', message, details);

/** 400 InvalidRequest: understood, and not allowed in this combination. */
export const invalidRequest = (message: string) => new S3Error(400, 'InvalidRequest', message);

/** 400 InvalidArgument, naming the argument. */
export const invalidArgument = (message: string, name: string, value: string) =>
  new S3Error(400, 'InvalidArgument', message, { ArgumentName: name, ArgumentValue: value });

/** 501 NotImplemented: S3 supports it, this server does not; never ignored silently. */
export const notImplemented = (what: string) =>
  new S3Error(501, 'NotImplemented', `The local S3 does not implement ${what}.`);

/** 412 PreconditionFailed, naming the condition that did not hold. */
export const preconditionFailed = (condition: string) =>
  new S3Error(412, 'PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    Condition: condition,
  });
