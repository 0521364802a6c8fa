import type { HashMessage } from '../hash-worker.ts';

/** The file could not be read: moved, changed or deleted since it was chosen. */
class UnreadableFileError extends Error {
  constructor(reason: string) {
    super(`The file cannot be read (${reason}). Choose it again.`);
    this.name = 'UnreadableFileError';
  }
}

/**
 * SHA-256 of a file in hex, computed by a worker.
 * @param onProgress called with the number of bytes that are done
 * @throws UnreadableFileError; the signal's reason once it is aborted
 */
export function hashFile(
  file: File,
  {
    onProgress,
    signal,
  }: { readonly onProgress: (hashedBytes: number) => void; readonly signal: AbortSignal },
): Promise<string> {
  const url = document.querySelector<HTMLMetaElement>('meta[name="hash-worker"]')?.content ?? '';
  const worker = new Worker(url, { type: 'module' });
  const hashed = new Promise<string>((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<HashMessage>) => {
      if (data.kind === 'progress') onProgress(data.hashedBytes);
      else if (data.kind === 'done') resolve(data.sha256);
      else reject(new UnreadableFileError(data.message));
    });
    worker.addEventListener('error', () =>
      reject(new Error('The worker that hashes files could not start.')),
    );
    signal.addEventListener('abort', () => reject(signal.reason));
    worker.postMessage(file);
  });
  return hashed.finally(() => worker.terminate());
}
