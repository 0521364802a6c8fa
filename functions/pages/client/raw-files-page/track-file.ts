import { ApiError, callApi } from '../lib/api.ts';
import { isPending, type ListedRawFile, type RawFiles } from '../lib/raw-files.ts';

/** Another file occupies the key of an upload. */
class KeyTakenError extends Error {
  constructor(objectKey: string) {
    super(
      `The bucket has another file under the key of this upload (${objectKey}), with other bytes. This file is not ` +
        'stored. Rename it and drop it again, and report that key to the operator of the system.',
    );
    this.name = 'KeyTakenError';
  }
}

/** The object under the key of an upload could not be determined in time. */
class UnconfirmedError extends Error {
  constructor() {
    super(
      'The bucket has a file under the key of this upload, and it is not registered yet, so it cannot be said whether ' +
        'it is this one. Try again in a minute.',
    );
    this.name = 'UnconfirmedError';
  }
}

/** How long an object may take to be registered before the page stops waiting for it. */
const confirmMs = 60_000;
const confirmStepMs = 1_000;

/**
 * Determines whether the object under a key has these bytes. The key holds a hash, but anyone who may write to the bucket
 * can have put other bytes there; what was registered has the hash that S3 computed.
 * @throws KeyTakenError, UnconfirmedError; the signal's reason once it is aborted
 */
export async function confirmStored(
  { sha256, objectKey }: { readonly sha256: string; readonly objectKey: string },
  signal: AbortSignal,
): Promise<void> {
  for (const endMs = Date.now() + confirmMs; Date.now() < endMs; await delay(confirmStepMs)) {
    signal.throwIfAborted();
    const folder = objectKey.slice(0, objectKey.lastIndexOf('/')); // a name may be longer than what can be searched for
    const occupants = (await listFiles({ q: folder })).filter((row) => row.object_key === objectKey);
    if (occupants.length === 0) continue;
    const sameBytes = await listFiles({ sha256 });
    if (sameBytes.some((row) => row.object_key === objectKey)) return;
    throw new KeyTakenError(objectKey);
  }
  throw new UnconfirmedError();
}

type IsIt = (row: ListedRawFile) => boolean;

/**
 * Polls the file's row until its status is final, with growing intervals. The file is delivered by then, so a failed
 * request does not fail the upload.
 */
export async function trackFile(
  sha256: string,
  isIt: IsIt,
  onRow: (row: ListedRawFile) => void,
): Promise<void> {
  for (let waitMs = 300; ; waitMs = Math.min(waitMs * 1.3, 10_000)) {
    const row = await findFile(sha256, isIt);
    if (row) onRow(row);
    if (row && !isPending(row.status)) return;
    await delay(waitMs);
  }
}

/** The file with these bytes that is meant; undefined while there is none, or no response. */
export async function findFile(sha256: string, isIt: IsIt): Promise<ListedRawFile | undefined> {
  try {
    return (await listFiles({ sha256 })).find(isIt);
  } catch (error) {
    const isPassing = error instanceof TypeError || (error instanceof ApiError && error.status >= 500);
    if (isPassing) return undefined;
    throw error;
  }
}

async function listFiles(query: {
  readonly q?: string;
  readonly sha256?: string;
}): Promise<readonly ListedRawFile[]> {
  const { files } = await callApi<RawFiles>('/api/admin/smt/raw-files', {
    query: { ...query, limit: '200' },
  });
  return files;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
