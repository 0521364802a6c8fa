import { sampleFilename, sampleYear } from '../../../../shared/smt/sample-year.ts';
import { LockedError } from '../lib/api.ts';
import { byId } from '../lib/dom.ts';
import { showLocked } from '../lib/page.ts';
import { acceptFiles } from './accept-files.ts';
import { loadSampleEvent } from './first-visit.ts';
import { ConnectionLostError } from './put-file.ts';
import { loadAgain, type StoredFile, type Upload, type UploadStep, uploadFile } from './upload-file.ts';
import { createUploadItem, type UploadItem } from './upload-item.ts';

/** How many files are hashed and sent at once; the others wait. */
const maxAtOnce = 2;
/** How long to wait before each new attempt after the connection broke. */
const retryDelaysMs = [2_000, 5_000, 15_000, 30_000];

interface Job {
  readonly file: File;
  readonly esiid: string | undefined;
  readonly item: UploadItem;
  /** What another attempt can start from. */
  sha256?: string;
}

/** The user cancelled the upload. */
class CancelledError extends Error {
  constructor() {
    super('Cancelled');
    this.name = 'CancelledError';
  }
}

/** The uploads of this visit: takes files from the drop zone, and calls `onFinal` when one's status is final. */
export function startUploads(onFinal: () => void): void {
  const list = byId('uploads', HTMLElement);
  const waiting: Job[] = [];
  const sending = new Set<Job>();
  let running = 0;

  function enqueue(job: Job): void {
    waiting.push(job);
    sending.add(job);
    job.item.showWaiting('Waiting for its turn');
    job.item.offer('Cancel', () => {
      waiting.splice(waiting.indexOf(job), 1);
      fail(job, new CancelledError(), () => enqueue(job));
    });
    next();
  }

  function next(): void {
    while (running < maxAtOnce) {
      const job = waiting.shift();
      if (job === undefined) return;
      running += 1;
      void run(job).finally(() => {
        running -= 1;
        next();
      });
    }
  }

  /** Resolves once the file is delivered, so that the next one can be sent while this one's status is followed. */
  async function run(job: Job): Promise<void> {
    const delivered = Promise.withResolvers<void>();
    const cancelling = new AbortController();
    let isCancelOffered = false;
    const onStep = (step: UploadStep) => {
      job.item.show(step);
      const canCancel = step.kind === 'hashing' || step.kind === 'requesting' || step.kind === 'sending';
      if (canCancel && !isCancelOffered)
        job.item.offer('Cancel', () => cancelling.abort(new CancelledError()));
      isCancelOffered = canCancel;
      if (step.kind === 'stored' && step.file.status === 'failed') {
        job.item.offer('Load again', () => replay(job, step.file));
      }
      if (step.kind === 'delivered' || step.kind === 'stored') {
        sending.delete(job);
        delivered.resolve();
      }
    };
    const upload = uploadThroughOutages(job, cancelling.signal, onStep);
    void finish(job, upload, () => enqueue(job)).finally(() => delivered.resolve());
    await delivered.promise;
  }

  function replay(job: Job, stored: StoredFile): void {
    void finish(job, loadAgain(stored, job.item.show), () => replay(job, stored));
  }

  /** Waits for a file's final status; if that fails, says why and offers another attempt. */
  async function finish(job: Job, end: Promise<void>, retry: () => void): Promise<void> {
    try {
      await end;
    } catch (error) {
      fail(job, error, retry);
    } finally {
      onFinal();
    }
  }

  function fail(job: Job, error: unknown, retry: () => void): void {
    sending.delete(job);
    if (error instanceof LockedError) showLocked(true);
    if (error instanceof CancelledError) job.item.showCancelled();
    else job.item.showError(error);
    job.item.offer(error instanceof CancelledError ? 'Upload after all' : 'Try again', retry);
  }

  function accept(files: readonly File[], esiid: string | undefined): void {
    const jobs = files.map((file): Job => ({ file, esiid, item: createUploadItem(file) }));
    list.prepend(...jobs.map(({ item }) => item.element));
    jobs.forEach(enqueue);
  }

  acceptFiles(accept);
  addEventListener(loadSampleEvent, () => {
    accept([new File([...sampleYear()], sampleFilename, { type: 'text/csv' })], undefined);
  });
  addEventListener('beforeunload', (event) => {
    if (sending.size > 0) event.preventDefault();
  });
}

/** Uploads a file, and restarts by itself when the connection breaks. The hash is computed once. */
async function uploadThroughOutages(
  job: Job,
  signal: AbortSignal,
  onStep: (step: UploadStep) => void,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    const { file, esiid, sha256 } = job;
    const upload: Upload = { file, esiid, signal, ...(sha256 !== undefined && { sha256 }) };
    try {
      return await uploadFile(upload, onStep);
    } catch (error) {
      const delayMs = retryDelaysMs[attempt];
      if (!(error instanceof ConnectionLostError) || delayMs === undefined) throw error;
      job.item.showWaiting('The connection broke. It is tried again when the connection is back.');
      await connectionBack(delayMs, signal);
    } finally {
      if (upload.sha256 !== undefined) job.sha256 = upload.sha256;
    }
  }
}

/** Resolves after a while, and not before the browser is online. @throws the signal's reason once it is aborted */
async function connectionBack(delayMs: number, signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  if (!navigator.onLine) {
    await new Promise((resolve) => {
      addEventListener('online', resolve, { once: true });
      signal.addEventListener('abort', resolve, { once: true });
    });
  }
  signal.throwIfAborted();
}
