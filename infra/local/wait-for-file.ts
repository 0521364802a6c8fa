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
const maxStandstillMs = 15 * 60_000;

export interface WaitOptions {
  readonly database: Database;
  readonly bucket: string;
  readonly signal?: AbortSignal;
  /** Called when the row appears, and whenever its status changes. */
  readonly onChange?: (row: RawFile) => void;
}

/** An upload did not get to its end in the time in which anything can be expected to happen. */
export class StandstillError extends Error {
  readonly code = 'standstill';
  constructor(row: RawFile | null) {
    const where = row ? `It is file ${row.id}, still ${row.status}.` : 'It was never registered.';
    super(
      `Nothing has happened to the file for ${maxStandstillMs / 60_000} minutes. ${where} The logs may say why.`,
    );
    this.name = 'StandstillError';
  }
}

/**
 * Waits until an uploaded file has come to its end, however that is.
 * @returns its row, with a status that is final
 * @throws StandstillError; the signal's reason when it aborts
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
    if (Date.now() - changedAt > maxStandstillMs) throw new StandstillError(row);
    await sleep(pollMs);
  }
}
