import { LockedError } from '../lib/api.ts';
import { byId } from '../lib/dom.ts';
import { showLocked } from '../lib/page.ts';
import { loadAgain, type StoredFile, type UploadStep, uploadFile } from './upload-file.ts';
import { createUploadItem, type UploadItem } from './upload-item.ts';

/** So many files hash and send at once; the others wait. */
const maxAtOnce = 2;

interface Job {
  readonly file: File;
  readonly esiid: string | undefined;
  readonly item: UploadItem;
}

/** The uploads of this visit: takes files from the drop zone, and calls `onSettled` after each. */
export function startUploads(onSettled: () => void): void {
  const list = byId('uploads', HTMLElement);
  const waiting: Job[] = [];
  const sending = new Set<Job>();
  let running = 0;

  function enqueue(job: Job): void {
    waiting.push(job);
    sending.add(job);
    job.item.showWaiting();
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

  async function run(job: Job): Promise<void> {
    const delivered = Promise.withResolvers<void>();
    const onStep = (step: UploadStep) => {
      job.item.show(step);
      if (step.kind === 'stored' && step.file.status === 'failed') {
        job.item.offer('Load again', () => replay(job, step.file));
      }
      if (step.kind === 'delivered' || step.kind === 'stored') {
        sending.delete(job);
        delivered.resolve();
      }
    };
    // Once delivered, the next file may be sent; following this one's status goes on beside it.
    const upload = uploadFile(job.file, { esiid: job.esiid, onStep });
    void settle(job, upload, () => enqueue(job)).finally(() => delivered.resolve());
    await delivered.promise;
  }

  function replay(job: Job, stored: StoredFile): void {
    void settle(job, loadAgain(stored, job.item.show), () => replay(job, stored));
  }

  /** Waits for a file to come to its end; if it fails, says why and offers another try. */
  async function settle(job: Job, end: Promise<void>, retry: () => void): Promise<void> {
    try {
      await end;
    } catch (error) {
      sending.delete(job);
      if (error instanceof LockedError) showLocked(true);
      job.item.showError(error, retry);
    } finally {
      onSettled();
    }
  }

  acceptFiles((files, esiid) => {
    const jobs = files.map((file) => ({ file, esiid, item: createUploadItem(file) }));
    list.prepend(...jobs.map(({ item }) => item.element));
    jobs.forEach(enqueue);
  });
  addEventListener('beforeunload', (event) => {
    if (sending.size > 0) event.preventDefault();
  });
}

/** Hands on what is dropped or chosen. */
function acceptFiles(accept: (files: readonly File[], esiid: string | undefined) => void): void {
  const zone = byId('drop-zone', HTMLElement);
  const input = byId('file-input', HTMLInputElement);

  function take(files: FileList | null | undefined): void {
    const esiid = esiidHint();
    if (esiid === null || !files) return;
    accept([...files], esiid);
  }

  byId('choose-files', HTMLElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    take(input.files);
    input.value = ''; // so that the same file can be chosen again
  });
  // The whole page takes files, so that one that misses the zone does not replace the page.
  for (const name of ['dragenter', 'dragover'] as const) {
    addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add('over');
    });
  }
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) zone.classList.remove('over');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    take(event.dataTransfer?.files);
  });
}

/** The hint as typed, undefined for none, null (and said so) for one that is no ESIID. */
function esiidHint(): string | undefined | null {
  const input = byId('esiid-hint', HTMLInputElement);
  const text = input.value.trim();
  const isWrong = text !== '' && !/^(\d{17}|\d{22})$/.test(text);
  input.setAttribute('aria-invalid', String(isWrong));
  byId('esiid-hint-error', HTMLElement).textContent = isWrong
    ? 'An ESIID has 17 or 22 digits. Correct it or leave it empty, then drop the files again.'
    : '';
  if (!isWrong) return text || undefined;
  input.closest('details')?.setAttribute('open', '');
  input.focus();
  return null;
}
