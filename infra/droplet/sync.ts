import path from 'node:path';
import type { SyncConfiguration } from './configuration.ts';
import { DropletError, type DropletErrorCode, hasCode, isFatal, messageOf } from './errors.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';
import { Ledger } from './ledger.ts';
import { prepareLocalDir } from './local-folder.ts';
import type { Log } from './log.ts';
import type { ProgressBar } from './progress.ts';
import { loggedRetries, pause, type RetryPolicy, throwIfStopped, withRetries } from './retry.ts';
import { type RemoteFile, RemoteFolder } from './sftp/remote-folder.ts';
import { Spool, type SpooledFile } from './spool.ts';
import { checkUploadSize, deliver } from './upload/deliver.ts';
import { logDelivery } from './upload/log-delivery.ts';

export interface SyncOptions {
  /** Only log what would be delivered. */
  readonly dryRun: boolean;
  /** Leave files that may still be written to the next run, instead of waiting for them. */
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
  /** Free space on the disk of a folder; default: what the file system reports. */
  readonly freeBytes?: (dir: string) => Promise<number>;
  /** Called whenever the folder has been listed, with counts that go on changing. */
  readonly onListed?: (summary: SyncSummary) => void;
}

/** What happened to the files that are there. */
export interface SyncSummary {
  listed: number;
  /** By this run. `duplicates` of these were stored already; `bytes` were uploaded. */
  delivered: number;
  duplicates: number;
  /** Of the duplicates, those whose bytes are stored in a file that failed to load. */
  notLoaded: number;
  bytes: number;
  /** Delivered by earlier runs. */
  known: number;
  /** Possibly still being written, or changed while they were read. */
  waiting: number;
  /** Entries that are not files, such as links to folders. */
  skipped: number;
  failed: number;
  /** Of the file that failed last. */
  fileErrorCode: string | null;
  /** Of a file in the folder, by the server's clock. */
  readonly newestModifiedAt: Date | null;
}

/** How long a run waits for files to be finished. */
const maxWaitMs = 10 * 60_000;
/** Passes with `once`: the second fetches files that were new in the first and have not changed since. */
const passesOnce = 2;
/** Added to the time between two passes: clocks are adjusted. */
const marginMs = 1_000;
/** A file of this age is finished, even by a clock that is hours off. */
const finishedAgeMs = 24 * 3_600_000;
/** The API is down, not unlucky, after this many files in a row without a response. */
const maxUnavailableInARow = 3;

/**
 * Delivers every file in SMT's folder that has not been delivered, each once and whole. A bad file does not stop others.
 * @throws DropletError for what stops all of them: see {@link isFatal}
 */
export async function sync(
  configuration: SyncConfiguration,
  options: SyncOptions,
  tools: SyncTools,
): Promise<SyncSummary> {
  const { localDir, minFreeBytes, settleMs } = configuration;
  const { freeBytes, signal, log } = tools;
  await prepareLocalDir(localDir);
  const ledger = await Ledger.open(configuration, (error) =>
    log.warning('the ledger cannot be used', { reason: messageOf(error) }),
  );
  const spoolDir = path.join(localDir, 'spool');
  const spool = await Spool.open({ dir: spoolDir, minFreeBytes, ...(freeBytes && { freeBytes }) });
  const remote = new RemoteFolder(configuration.sftp, signal);
  const run = new SyncRun({ configuration, options, tools, ledger, spool, remote });
  const waitUntilMs = Date.now() + maxWaitMs;
  try {
    for (let pass = 1; ; pass++) {
      const summary = await run.pass();
      const isLast = options.dryRun || (options.once && pass >= passesOnce) || Date.now() >= waitUntilMs;
      if (isLast || summary.waiting === 0) return summary;
      log.info('waiting to see whether files change', { files: summary.waiting, ms: settleMs });
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

/** The passes of one run over the folder. */
class SyncRun {
  private readonly parts: RunParts;
  /** Counts of earlier passes, whose files later passes find in the ledger. */
  private readonly earlier = { delivered: 0, duplicates: 0, notLoaded: 0, bytes: 0 };
  private unavailableInARow = 0;

  constructor(parts: RunParts) {
    this.parts = parts;
  }

  async pass(): Promise<SyncSummary> {
    const { options, tools, ledger, remote } = this.parts;
    const { log, progress } = tools;
    const { files, unreadable, skipped } = await withRetries(() => remote.list(), loggedRetries(tools, {}));
    for (const { path, reason } of unreadable) log.error('failed', { file: path, reason });
    for (const { path, reason } of skipped) log.warning('skipped', { file: path, reason });
    const summary: SyncSummary = {
      ...this.earlier,
      listed: files.length,
      known: 0,
      waiting: 0,
      skipped: skipped.length,
      failed: unreadable.length,
      fileErrorCode: unreadable.length > 0 ? ('remote-file-unreadable' satisfies DropletErrorCode) : null,
      newestModifiedAt: newestModifiedAt(files),
    };
    tools.onListed?.(summary);
    const due = await this.choose(files, summary);
    summary.known -= this.earlier.delivered; // the ledger does not distinguish this run's from earlier ones
    if (options.dryRun) {
      for (const file of due) log.info('would deliver', { file: file.path, size_bytes: file.sizeBytes });
      return summary;
    }
    progress.start(due.length);
    await forEachConcurrently(due, options.concurrency, (file) => this.process(file, summary));
    progress.stop();
    if (unreadable.length === 0) await ledger.keepOnly(files);
    const { delivered, duplicates, notLoaded, bytes } = summary;
    Object.assign(this.earlier, { delivered, duplicates, notLoaded, bytes });
    return summary;
  }

  /**
   * The files to fetch now; the others are counted. Files that were attempted before come last, so that some that hang
   * or fail every time cannot keep the others waiting.
   */
  private async choose(files: readonly RemoteFile[], summary: SyncSummary): Promise<RemoteFile[]> {
    const { configuration, options, tools, ledger } = this.parts;
    const due: RemoteFile[] = [];
    for (const file of files) {
      if (options.since && file.modifiedAtSeconds * 1000 < options.since.getTime()) continue;
      if (ledger.hasDelivered(file)) summary.known += 1;
      else if (await isFinished(file, configuration.settleMs, ledger)) due.push(file);
      else {
        summary.waiting += 1;
        tools.log.info('waiting', {
          file: file.path,
          size_bytes: file.sizeBytes,
          reason: 'it may still be written',
        });
      }
    }
    return due.sort((one, other) => ledger.attemptsAt(one) - ledger.attemptsAt(other));
  }

  /** Delivers one file. Throws only what ends the run. */
  private async process(file: RemoteFile, summary: SyncSummary): Promise<void> {
    const { log, progress } = this.parts.tools;
    try {
      await this.deliver(file, summary);
      this.unavailableInARow = 0;
    } catch (error) {
      if (isFatal(error)) throw error;
      if (hasCode(error, 'remote-file-changed') || hasCode(error, 'remote-file-deleted')) {
        summary.waiting += 1;
        log.warning('left to the next run', { file: file.path, reason: messageOf(error) });
        return;
      }
      const code = error instanceof DropletError ? error.code : 'unexpected';
      summary.failed += 1;
      summary.fileErrorCode = code;
      log.error('failed', { file: file.path, error: code, reason: messageOf(error) });
      if (code !== 'api-unavailable') return;
      this.unavailableInARow += 1;
      if (this.unavailableInARow >= maxUnavailableInARow) throw error;
    } finally {
      progress.fileDone();
    }
  }

  private async deliver(file: RemoteFile, summary: SyncSummary): Promise<void> {
    const { configuration, tools, ledger } = this.parts;
    const { log } = tools;
    checkUploadSize(file.path, file.sizeBytes);
    await ledger.recordAttempt(file);
    const startedAtMs = Date.now();
    const retries = loggedRetries(tools, { file: file.path });
    const spooled = await withRetries(() => this.fetch(file), retries);
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
      const delivery = await deliver(configuration.api, content, retries);
      await ledger.recordDelivery(file, sha256);
      const isNotLoaded = logDelivery(log, delivery, { file: file.path, ms: Date.now() - startedAtMs });
      summary.delivered += 1;
      summary.notLoaded += isNotLoaded ? 1 : 0;
      if (delivery.outcome === 'duplicate') summary.duplicates += 1;
      else summary.bytes += sizeBytes;
    } finally {
      await spooled.release();
    }
  }

  /** Fetches a file into the spool. @throws DropletError `remote-file-changed` if it changed while it was read */
  private async fetch(file: RemoteFile): Promise<SpooledFile> {
    const { spool, remote, tools } = this.parts;
    const bytes = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of remote.read(file)) {
        throwIfStopped(tools.signal);
        tools.progress.moved(chunk.length);
        yield chunk;
      }
    };
    const spooled = await spool.store(bytes, file.sizeBytes);
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
}

function newestModifiedAt(files: readonly RemoteFile[]): Date | null {
  if (files.length === 0) return null;
  return new Date(1000 * files.reduce((newest, file) => Math.max(newest, file.modifiedAtSeconds), 0));
}

/**
 * Whether a file is finished: this machine has seen it unchanged for a while. Its time is no proof, since it is by the
 * server's clock, which may be behind this machine's; only files that are a day old are taken at once.
 */
async function isFinished(file: RemoteFile, settleMs: number, ledger: Ledger): Promise<boolean> {
  if (Date.now() - file.modifiedAtSeconds * 1000 >= finishedAgeMs) return true;
  const seenSinceMs = await ledger.seenSinceMs(file);
  return Date.now() - seenSinceMs >= settleMs;
}
