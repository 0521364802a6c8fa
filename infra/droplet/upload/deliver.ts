import { DropletError } from '../errors.ts';
import { type RetryOptions, withRetries } from '../retry.ts';
import type { ApiConfiguration } from './api-configuration.ts';
import { putContent, requestUpload, type StoredFile, type UploadContent } from './upload-api.ts';

/** Maximum size of one PUT to S3. */
const maxUploadBytes = 5 * 1024 ** 3;

/** How a file is in S3: uploaded now, or its bytes were stored before, by another file or by an upload whose response was lost. */
export type Delivery =
  | { readonly outcome: 'uploaded'; readonly objectKey: string }
  | { readonly outcome: 'duplicate'; readonly stored: StoredFile };

/**
 * Delivers a file to S3: asks the API, which may have it, and then sends it. Each attempt starts by asking, so that an
 * expired grant, a lost response and an occupied key end in one of two ways: the bytes are sent, or the API has them.
 * @throws what {@link requestUpload} and {@link putContent} throw
 */
export async function deliver(
  api: ApiConfiguration,
  content: UploadContent,
  retry: RetryOptions,
): Promise<Delivery> {
  return withRetries(async () => {
    const decision = await requestUpload(api, content, retry.signal);
    if (decision.kind === 'duplicate') return { outcome: 'duplicate', stored: decision.stored };
    await putContent(decision.grant, content, retry.signal);
    return { outcome: 'uploaded', objectKey: decision.grant.objectKey };
  }, retry);
}

/** @throws DropletError `file-too-large` */
export function checkUploadSize(name: string, sizeBytes: number): void {
  if (sizeBytes > maxUploadBytes) {
    throw new DropletError(
      'file-too-large',
      `${name} has ${sizeBytes} bytes; the maximum for one upload is ${maxUploadBytes}. Upload it in the S3 console, which sends it in parts.`,
    );
  }
}
