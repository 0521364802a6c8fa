import path from 'node:path';
import type { SyncConfiguration } from './configuration.ts';
import { DropletError, endsTheRun, hasCode, messageOf, type TemporaryError } from './errors.ts';
import { Ledger } from './ledger.ts';
import type { Log } from './log.ts';
import type { ProgressBar } from './progress.ts';
import { pause, type RetryOptions, type RetryPolicy, throwIfStopped, withRetries } from './retry.ts';
import { type RemoteFile, RemoteFolder } from './sftp/remote-folder.ts';
import { Spool, type SpooledFile } from './spool.ts';
import { checkUploadSize, type Delivery, deliver } from './upload/deliver.ts';
import { forEachAtOnce } from './workers.ts';

export interface SyncOptions {
  /** Only say what would be delivered. */
  readonly dryRun: boolean;
  /** Leave files that are still being written to the next run, instead of waiting for them. */
  readonly once: boolean;
  /** Only files that changed at this time or later. */
  readonly since: Date | null;
  readonly concurrency: number;
}

export interface SyncTools {
  readonly log: Log;
  readonly progress: ProgressBar;
  readonly signal: AbortSignal;
  readonly retryPolicy: RetryPolicy;
  /** Space that is free on the disk of a folder; default: what the file system says. */
  readonly freeBytes?: (dir: string) => Promise<number>;
}

/** What became of the files that are there. */
export interface SyncSummary {
  listed: number;
  /** By this run, of which `duplicates` were stored already and `bytes` were uploaded. */
  delivered: number;
  duplicates: number;
  bytes: number;
  /** By earlier runs. */
  known: number;
  /** Still being written, or changed while they were read. */
  waiting: number;
  /** Entries that are no files, such as links to folders. */
  skipped: number;
  failed: number;
}

/** A run that waits for files to be finished does so for this long at most. */
const maxWaitMs = 10 * 60_000;
/** With --once: a first look, and a second at files that are new to this machine, to see that they hold still. */
const looksOnce = 2;
/** Between two looks, beside the time to settle: clocks are adjusted. */
const marginMs = 1_000;
/** A file of that age is nobody's work in progress, even by a clock that is some hours wrong. */
const oldMs = 24 * 3_600_000;
/** So many files in a row that the API would not answer for are no chance. */
const maxUnansweredInARow = 3;

/**
 * Delivers every file in SMT's folder that has not been, each once and whole. One bad file does not stop the others.
 * @throws DropletError for what stops all of them: see {@link endsTheRun}
 */
export async function sync(
  configuration: SyncConfiguration,
  options: SyncOptions,
  tools: SyncTools,
): Promise<SyncSummary> {
  const { localDir, minFreeBytes, settleMs } = configuration;
  const { freeBytes, signal, log } = tools;
  const ledger = await Ledger.open(configuration, (error) =>
    log.warning('trouble with the ledger', { reason: messageOf(error) }),
  );
  const spoolDir = path.join(localDir, 'spool');
  const spool = await Spool.open({ dir: spoolDir, minFreeBytes, ...(freeBytes && { freeBytes }) });
  const remote = new RemoteFolder(configuration.sftp, signal);
  const run = new SyncRun({ configuration, options, tools, ledger, spool, remote });
  const giveUpAtMs = Date.now() + maxWaitMs;
  try {
    for (let look = 1; ; look++) {
      const summary = await run.pass();
      const isEnough = options.dryRun || (options.once && look >= looksOnce) || Date.now() >= giveUpAtMs;
      if (isEnough || summary.waiting === 0) return summary;
      log.info('waiting to see whether files hold still', { files: summary.waiting, ms: settleMs });
      await pause(settleMs + marginMs, signal);
    }
  } finally {
    tools.progress.stop();
    await remote.close();
  }
}

interface RunParts {
  readonly configuration: SyncConfiguration;
  readonly options: SyncOptions;
  readonly tools: SyncTools;
  readonly ledger: Ledger;
  readonly spool: Spool;
  readonly remote: RemoteFolder;
}

/** One run's passes over the folder. */
class SyncRun {
  private readonly parts: RunParts;
  /** Of earlier passes of this run, which later ones find in the ledger. */
  private readonly before = { delivered: 0, duplicates: 0, bytes: 0 };
  private unansweredInARow = 0;

  constructor(parts: RunParts) {
    this.parts = parts;
  }

  async pass(): Promise<SyncSummary> {
    const { options, tools, ledger, remote } = this.parts;
    const { log, progress } = tools;
    const { files, unreadable, skipped } = await withRetries(() => remote.list(), this.retry({}));
    for (const { path, reason } of unreadable) log.error('failed', { file: path, reason });
    for (const { path, reason } of skipped) log.warning('skipped', { file: path, reason });
    const summary: SyncSummary = {
      ...this.before,
      listed: files.length,
      known: 0,
      waiting: 0,
      skipped: skipped.length,
      failed: unreadable.length,
    };
    const due = await this.choose(files, summary);
    summary.known -= this.before.delivered; // by earlier passes of this run, so by this run
    if (options.dryRun) {
      for (const file of due) log.info('would deliver', { file: file.path, size_bytes: file.sizeBytes });
      return summary;
    }
    progress.start(due.length);
    await forEachAtOnce(due, options.concurrency, (file) => this.settle(file, summary));
    progress.stop();
    if (unreadable.length === 0) await ledger.keepOnly(files);
    Object.assign(this.before, {
      delivered: summary.delivered,
      duplicates: summary.duplicates,
      bytes: summary.bytes,
    });
    return summary;
  }

  /** The files to fetch now; the others are counted for what they are. */
  private async choose(files: readonly RemoteFile[], summary: SyncSummary): Promise<RemoteFile[]> {
    const { configuration, options, tools, ledger } = this.parts;
    const due: RemoteFile[] = [];
    for (const file of files) {
      if (options.since && file.modifiedAtSeconds * 1000 < options.since.getTime()) continue;
      if (ledger.hasDelivered(file)) summary.known += 1;
      else if (await isSettled(file, configuration.settleMs, ledger)) due.push(file);
      else {
        summary.waiting += 1;
        tools.log.info('waiting', {
          file: file.path,
          size_bytes: file.sizeBytes,
          reason: 'it may still be written',
        });
      }
    }
    return due;
  }

  /** Delivers one file, and keeps what is only its own trouble to it. */
  private async settle(file: RemoteFile, summary: SyncSummary): Promise<void> {
    const { log, progress } = this.parts.tools;
    try {
      const { outcome, uploadedBytes } = await this.deliver(file);
      summary.delivered += 1;
      summary.duplicates += outcome === 'duplicate' ? 1 : 0;
      summary.bytes += uploadedBytes;
      this.unansweredInARow = 0;
    } catch (error) {
      if (endsTheRun(error)) throw error;
      if (isStillMoving(error)) {
        summary.waiting += 1;
        log.warning('left for later', { file: file.path, reason: messageOf(error) });
        return;
      }
      summary.failed += 1;
      const code = error instanceof DropletError ? error.code : 'unexpected';
      log.error('failed', { file: file.path, error: code, reason: messageOf(error) });
      if (code !== 'api-unavailable') return;
      this.unansweredInARow += 1;
      if (this.unansweredInARow >= maxUnansweredInARow) throw error;
    } finally {
      progress.fileDone();
    }
  }

  private async deliver(file: RemoteFile): Promise<{ outcome: Delivery['outcome']; uploadedBytes: number }> {
    const { configuration, tools, ledger } = this.parts;
    const { log } = tools;
    checkUploadSize(file.path, file.sizeBytes);
    const startedAtMs = Date.now();
    const spooled = await withRetries(() => this.fetch(file), this.retry({ file: file.path }));
    try {
      const { sha256, sizeBytes } = spooled;
      log.info('fetched', { file: file.path, size_bytes: sizeBytes, sha256, ms: Date.now() - startedAtMs });
      const content = {
        filename: path.posix.basename(file.path),
        sizeBytes,
        sha256,
        receivedAt: new Date(file.modifiedAtSeconds * 1000),
        read: () => spooled.read(),
      };
      const delivery = await deliver(configuration.api, content, this.retry({ file: file.path }));
      await ledger.delivered(file, sha256);
      const { outcome, ...where } = delivery;
      log.info('delivered', { file: file.path, outcome, ...told(where), ms: Date.now() - startedAtMs });
      return { outcome, uploadedBytes: outcome === 'uploaded' ? sizeBytes : 0 };
    } finally {
      await spooled.release();
    }
  }

  /** Fetches a file into the spool. @throws DropletError `remote-file-changed` if it did while it was read */
  private async fetch(file: RemoteFile): Promise<SpooledFile> {
    const { spool, remote, tools } = this.parts;
    const bytes = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of remote.read(file)) {
        throwIfStopped(tools.signal);
        tools.progress.moved(chunk.length);
        yield chunk;
      }
    };
    const spooled = await spool.take(bytes, file.sizeBytes);
    try {
      const now = await remote.stat(file.path);
      const isSame = now.sizeBytes === file.sizeBytes && now.modifiedAtSeconds === file.modifiedAtSeconds;
      if (isSame && spooled.sizeBytes === file.sizeBytes) return spooled;
      throw new DropletError('remote-file-changed', `${file.path} changed while it was read.`);
    } catch (error) {
      await spooled.release();
      throw error;
    }
  }

  private retry(fields: { readonly file?: string }): RetryOptions {
    const { log, retryPolicy: policy, signal } = this.parts.tools;
    const onRetry = (error: TemporaryError, attempt: number, delayMs: number): void => {
      log.warning('will try again', {
        ...fields,
        attempt,
        in_ms: delayMs,
        error: error.code,
        reason: error.message,
      });
    };
    return { policy, signal, onRetry };
  }
}

/**
 * Whether nobody writes to a file any more: this machine has seen it like this for a while. The file's time alone does not
 * tell, since it is by the server's clock, which this machine's may be ahead of; only days-old files are taken at once.
 */
async function isSettled(file: RemoteFile, settleMs: number, ledger: Ledger): Promise<boolean> {
  if (Date.now() - file.modifiedAtSeconds * 1000 >= oldMs) return true;
  const seenSinceMs = await ledger.seenSinceMs(file);
  return Date.now() - seenSinceMs >= settleMs;
}

function isStillMoving(error: unknown): boolean {
  return hasCode(error, 'remote-file-changed') || hasCode(error, 'remote-file-gone');
}

function told(where: { readonly objectKey?: string; readonly rawFileId?: string }): Record<string, unknown> {
  return { object_key: where.objectKey, raw_file_id: where.rawFileId };
}
