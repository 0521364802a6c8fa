import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { DropletError, isFatal, messageOf } from './errors.ts';
import { forEachConcurrently } from './for-each-concurrently.ts';
import type { Log } from './log.ts';
import type { ProgressBar } from './progress.ts';
import { loggedRetries, type RetryPolicy } from './retry.ts';
import type { ApiConfiguration } from './upload/api-configuration.ts';
import { checkUploadSize, deliver } from './upload/deliver.ts';
import { logDelivery } from './upload/log-delivery.ts';

export interface PushTools {
  readonly log: Log;
  readonly progress: ProgressBar;
  readonly signal: AbortSignal;
  readonly retryPolicy: RetryPolicy;
  readonly concurrency: number;
}

export interface PushSummary {
  delivered: number;
  /** Of those delivered, stored already. */
  duplicates: number;
  /** Of the duplicates, those whose bytes are stored in a file that failed to load. */
  notLoaded: number;
  failed: number;
}

/**
 * Delivers files of this machine, as sync does those of SMT.
 * @throws DropletError `usage` before anything is sent, naming each path that is not a readable file; and what ends a run
 */
export async function push(
  api: ApiConfiguration,
  files: readonly string[],
  tools: PushTools,
): Promise<PushSummary> {
  await checkFiles(files);
  const { log, progress } = tools;
  const summary: PushSummary = { delivered: 0, duplicates: 0, notLoaded: 0, failed: 0 };
  progress.start(files.length);
  try {
    await forEachConcurrently(files, tools.concurrency, async (file) => {
      try {
        await pushFile(api, file, { tools, summary });
      } catch (error) {
        if (isFatal(error)) throw error;
        summary.failed += 1;
        const code = error instanceof DropletError ? error.code : 'unexpected';
        log.error('failed', { file, error: code, reason: messageOf(error) });
      } finally {
        progress.fileDone();
      }
    });
  } finally {
    progress.stop();
  }
  return summary;
}

async function checkFiles(files: readonly string[]): Promise<void> {
  const problems: string[] = [];
  for (const file of files) {
    try {
      if (!(await stat(file)).isFile()) problems.push(`${file} is not a file.`);
    } catch (error) {
      problems.push(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
    }
  }
  if (problems.length > 0) throw new DropletError('usage', problems.join(' '));
}

interface Push {
  readonly tools: PushTools;
  readonly summary: PushSummary;
}

async function pushFile(api: ApiConfiguration, file: string, { tools, summary }: Push): Promise<void> {
  const startedAtMs = Date.now();
  const { size: sizeBytes, mtime, mtimeMs } = await stat(file);
  checkUploadSize(file, sizeBytes);
  const read = () => createReadStream(file, { end: Math.max(0, sizeBytes - 1) });
  const hash = createHash('sha256');
  for await (const chunk of read() as AsyncIterable<Buffer>) {
    hash.update(chunk);
    tools.progress.moved(chunk.length);
  }
  const sha256 = hash.digest('hex');
  const now = await stat(file);
  if (now.size !== sizeBytes || now.mtimeMs !== mtimeMs) {
    throw new DropletError(
      'local-file-changed',
      `${file} changed while it was read. Push it again when it is finished.`,
    );
  }
  const content = { filename: path.basename(file), sizeBytes, sha256, receivedAt: mtime, read };
  const delivery = await deliver(api, content, loggedRetries(tools, { file }));
  summary.delivered += 1;
  if (delivery.outcome === 'duplicate') summary.duplicates += 1;
  if (logDelivery(tools.log, delivery, { file, ms: Date.now() - startedAtMs })) summary.notLoaded += 1;
}
