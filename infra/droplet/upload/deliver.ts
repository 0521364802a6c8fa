import type { ApiConfiguration } from '../configuration.ts';
import { DropletError } from '../errors.ts';
import { type RetryOptions, withRetries } from '../retry.ts';
import { putContent, requestUpload, type UploadContent } from './upload-api.ts';

/** What one PUT to S3 takes. */
const maxUploadBytes = 5 * 1024 ** 3;

/**
 * How a file got to where it belongs: by this upload (`uploaded`), by an earlier one whose answer was lost (`present`),
 * or as the same content in another file (`duplicate`).
 */
export type Delivery =
  | { readonly outcome: 'uploaded' | 'present'; readonly objectKey: string }
  | { readonly outcome: 'duplicate'; readonly rawFileId: string };

/**
 * Takes a file to S3: asks the API, which may have it; then PUTs. Each attempt asks anew, so that an expired grant and
 * a lost answer need no care of their own.
 * @throws what {@link requestUpload} and {@link putContent} throw
 */
export async function deliver(
  api: ApiConfiguration,
  content: UploadContent,
  retry: RetryOptions,
): Promise<Delivery> {
  return withRetries(async () => {
    const decision = await requestUpload(api, content, retry.signal);
    if (decision.kind === 'duplicate') return { outcome: 'duplicate', rawFileId: decision.rawFileId };
    const outcome = await putContent(decision.grant, content, retry.signal);
    return { outcome, objectKey: decision.grant.objectKey };
  }, retry);
}

/** @throws DropletError `file-too-large` */
export function checkUploadSize(name: string, sizeBytes: number): void {
  if (sizeBytes > maxUploadBytes) {
    throw new DropletError(
      'file-too-large',
      `${name} has ${sizeBytes} bytes; one upload takes ${maxUploadBytes}. Drop it in the S3 console, which uploads in parts.`,
    );
  }
}
