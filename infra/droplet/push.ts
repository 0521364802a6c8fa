import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { ApiConfiguration } from './configuration.ts';
import { DropletError, endsTheRun, messageOf } from './errors.ts';
import type { Log } from './log.ts';
import type { ProgressBar } from './progress.ts';
import type { RetryPolicy } from './retry.ts';
import { checkUploadSize, deliver } from './upload/deliver.ts';
import { forEachAtOnce } from './workers.ts';

export interface PushTools {
  readonly log: Log;
  readonly progress: ProgressBar;
  readonly signal: AbortSignal;
  readonly retryPolicy: RetryPolicy;
  readonly concurrency: number;
}

export interface PushSummary {
  delivered: number;
  duplicates: number;
  failed: number;
}

/**
 * Delivers files of this machine, as sync does those of SMT.
 * @throws DropletError `usage` before anything is sent, naming each file that is missing or none; and what ends a run
 */
export async function push(
  api: ApiConfiguration,
  files: readonly string[],
  tools: PushTools,
): Promise<PushSummary> {
  await checkFiles(files);
  const { log, progress } = tools;
  const summary: PushSummary = { delivered: 0, duplicates: 0, failed: 0 };
  progress.start(files.length);
  try {
    await forEachAtOnce(files, tools.concurrency, async (file) => {
      try {
        const outcome = await pushFile(api, file, tools);
        summary.delivered += 1;
        summary.duplicates += outcome === 'duplicate' ? 1 : 0;
      } catch (error) {
        if (endsTheRun(error)) throw error;
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

async function pushFile(api: ApiConfiguration, file: string, tools: PushTools): Promise<string> {
  const { log, signal, retryPolicy: policy } = tools;
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
      `${file} changed while it was read. Try again when it is finished.`,
    );
  }
  const content = { filename: path.basename(file), sizeBytes, sha256, receivedAt: mtime, read };
  const delivery = await deliver(api, content, {
    policy,
    signal,
    onRetry: (error, attempt, delayMs) =>
      log.warning('will try again', {
        file,
        attempt,
        in_ms: delayMs,
        error: error.code,
        reason: error.message,
      }),
  });
  const { outcome, ...where } = delivery;
  log.info('delivered', { file, size_bytes: sizeBytes, sha256, outcome, ...where });
  return outcome;
}
