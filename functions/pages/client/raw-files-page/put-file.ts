/** What raw-upload grants. */
export interface GrantedUpload {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** S3 did not take the file; the message says why, and a new request can help. */
class PutFailedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PutFailedError';
  }
}

/** Scripts may not set these; the browser sends the length on its own. */
const browserHeaders = new Set(['content-length', 'host']);

/**
 * Sends a file to a presigned URL. XMLHttpRequest, because fetch tells nothing of how far an upload is.
 * @returns `delivered` also for 412: the key is taken, by these very bytes, since the key holds their hash
 * @throws PutFailedError
 */
export function putFile(
  file: File,
  upload: GrantedUpload,
  onProgress: (sentBytes: number) => void,
): Promise<'delivered'> {
  const request = new XMLHttpRequest();
  request.open(upload.method, upload.url);
  for (const [name, value] of Object.entries(upload.headers)) {
    if (!browserHeaders.has(name.toLowerCase())) request.setRequestHeader(name, value);
  }
  return new Promise((resolve, reject) => {
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    request.addEventListener('load', () => {
      if (request.status === 200 || request.status === 412) resolve('delivered');
      else reject(new PutFailedError(refusalOf(request)));
    });
    request.addEventListener('error', () => {
      reject(new PutFailedError('The connection broke off while sending. Nothing is lost: try again.'));
    });
    request.send(file);
  });
}

/** Storage answers XML with a code. */
function refusalOf({ status, responseText }: XMLHttpRequest): string {
  const code = /<Code>(\w+)<\/Code>/.exec(responseText)?.[1];
  if (code === 'AccessDenied' || code === 'ExpiredToken')
    return 'The permission to upload has run out. Try again.';
  if (code === 'BadDigest' || code === 'XAmzContentSHA256Mismatch' || code === 'InvalidDigest') {
    return 'What arrived is not what was hashed: the file changed meanwhile, or the network damaged it. Try again.';
  }
  return `The storage refused the file (${status}${code ? ` ${code}` : ''}). Try again.`;
}
