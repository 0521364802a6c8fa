/** A presigned upload, as raw-upload grants it. */
export interface GrantedUpload {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** S3 rejected the file; the message says why. */
class PutRejectedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PutRejectedError';
  }
}

/** The connection broke while the file was being sent: sending it again can help. */
export class ConnectionLostError extends Error {
  constructor() {
    super('The connection broke while the file was being sent. Nothing is lost: try again.');
    this.name = 'ConnectionLostError';
  }
}

/** Scripts may not set these; the browser sends the length on its own. */
const browserHeaders = new Set(['content-length', 'host']);

/**
 * Sends a file to a presigned URL. XMLHttpRequest, because fetch does not report how far an upload is.
 * @returns `key-taken` for 412: there is an object under this key. S3 does not say whether it has these bytes
 * @throws PutRejectedError, ConnectionLostError; the signal's reason once it is aborted
 */
export function putFile(
  file: File,
  upload: GrantedUpload,
  { onProgress, signal }: { readonly onProgress: (sentBytes: number) => void; readonly signal: AbortSignal },
): Promise<'delivered' | 'key-taken'> {
  const request = new XMLHttpRequest();
  request.open(upload.method, upload.url);
  for (const [name, value] of Object.entries(upload.headers)) {
    if (!browserHeaders.has(name.toLowerCase())) request.setRequestHeader(name, value);
  }
  return new Promise((resolve, reject) => {
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    request.addEventListener('load', () => {
      if (request.status === 200) resolve('delivered');
      else if (request.status === 412) resolve('key-taken');
      else reject(new PutRejectedError(rejectionText(request)));
    });
    request.addEventListener('error', () => reject(new ConnectionLostError()));
    signal.addEventListener('abort', () => {
      request.abort();
      reject(signal.reason);
    });
    request.send(file);
  });
}

/** S3 responds in XML with a code. */
function rejectionText({ status, responseText }: XMLHttpRequest): string {
  const code = /<Code>(\w+)<\/Code>/.exec(responseText)?.[1];
  if (code === 'AccessDenied' || code === 'ExpiredToken') return 'The upload URL has expired. Try again.';
  if (code === 'BadDigest' || code === 'XAmzContentSHA256Mismatch' || code === 'InvalidDigest') {
    return 'What arrived is not what was hashed: the file changed meanwhile, or the network damaged it. Try again.';
  }
  return `S3 rejected the file (${status}${code ? ` ${code}` : ''}). Try again.`;
}
