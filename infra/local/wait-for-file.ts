import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../shared/storage/database.ts';
import {
  findRawFileByObject,
  getRawFile,
  type RawFile,
} from '../../shared/storage/raw-files/get-raw-file.ts';
import type { Upload } from './upload.ts';

const firstPollMs = 20;
const slowestPollMs = 500;
const maxStalledMs = 15 * 60_000;

export interface WaitOptions {
  readonly database: Database;
  readonly bucket: string;
  readonly signal?: AbortSignal;
  /** Called when the row appears, and whenever its status changes. */
  readonly onChange?: (row: RawFile) => void;
}

/** The status of an uploaded file has not changed for longer than any step takes. */
export class StalledError extends Error {
  readonly code = 'stalled';
  constructor(row: RawFile | null) {
    const where = row ? `It is file ${row.id}, still ${row.status}.` : 'It was never registered.';
    super(
      `Nothing has happened to the file for ${maxStalledMs / 60_000} minutes. ${where} See the logs for the cause.`,
    );
    this.name = 'StalledError';
  }
}

/**
 * Waits until an uploaded file has a final status.
 * @returns its row
 * @throws StalledError; the signal's reason when it aborts
 */
export async function waitForFile(upload: Upload, options: WaitOptions): Promise<RawFile> {
  const { database, bucket, signal, onChange } = options;
  let seen = '';
  let changedAt = Date.now();
  for (let pollMs = firstPollMs; ; pollMs = Math.min(slowestPollMs, pollMs * 1.3)) {
    signal?.throwIfAborted();
    const row =
      upload.kind === 'stored'
        ? await getRawFile(database, upload.rawFileId)
        : await findRawFileByObject(database, { bucket, objectKey: upload.objectKey });
    const state = row ? `${row.status} ${row.attempts}` : '';
    if (row && state !== seen) onChange?.(row);
    if (state !== seen) changedAt = Date.now();
    seen = state;
    if (row && row.status !== 'registered' && row.status !== 'normalizing') return row;
    if (Date.now() - changedAt > maxStalledMs) throw new StalledError(row);
    await sleep(pollMs);
  }
}
