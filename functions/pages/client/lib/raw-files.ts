import type { z } from 'zod';
import type { rawFileResponse, rawFilesResponse } from '../../../raw-files/schemas.ts';
import { callApi } from './api.ts';
import { el } from './dom.ts';
import { plural } from './format.ts';

export type RawFiles = z.infer<typeof rawFilesResponse>;
export type ListedRawFile = RawFiles['files'][number];
export type RawFileDetail = z.infer<typeof rawFileResponse>;
export type Status = ListedRawFile['status'];

const statusNames: Readonly<Record<Status, string>> = {
  registered: 'Waiting',
  normalizing: 'Loading',
  normalized: 'Normalized',
  failed: 'Failed',
  ignored: 'Ignored',
  duplicate: 'Duplicate',
  withdrawn: 'Withdrawn',
};

export function statusBadge(status: Status): HTMLElement {
  return el('span', { class: `badge ${status}` }, statusNames[status] ?? status);
}

/** Whether a file is still on its way. */
export function isUnderWay(status: Status): boolean {
  return status === 'registered' || status === 'normalizing';
}

export function rawFileUrl(id: string): string {
  return `/admin/smt/raw/${encodeURIComponent(id)}`;
}

type Outcome = Pick<
  ListedRawFile,
  | 'status'
  | 'intervals_read'
  | 'intervals_inserted'
  | 'rejected_rows'
  | 'esiid_count'
  | 'error_message'
  | 'duplicate_of'
>;

/** What became of a file, in a sentence. */
export function outcomeOf(file: Outcome): string {
  switch (file.status) {
    case 'registered':
      return 'Received; waiting to be loaded.';
    case 'normalizing':
      return 'Being loaded now.';
    case 'normalized': {
      const rejected = file.rejected_rows > 0 ? ` ${plural(file.rejected_rows, 'row')} rejected.` : '';
      const meters = file.esiid_count > 0 ? ` of ${plural(file.esiid_count, 'ESIID')}` : '';
      return `${plural(file.intervals_read, 'interval')}${meters} read, ${newOnes(file)}.${rejected}`;
    }
    case 'failed':
      return file.error_message ?? 'It failed without a reason.';
    case 'ignored':
      return file.error_message ?? 'Understood, but it holds no intervals.';
    case 'duplicate':
      return `The same bytes as file ${file.duplicate_of}, which is loaded already.`;
    case 'withdrawn':
      return 'Withdrawn: nothing of it is in the data. Replay it to load it again.';
  }
}

function newOnes({ intervals_read: read, intervals_inserted: inserted }: Outcome): string {
  if (inserted === 0) return 'none new';
  return inserted === read ? 'all new' : `${plural(inserted, 'value')} new`;
}

/** Puts a file back on its way. */
export async function replayRawFile(id: string): Promise<void> {
  await callApi('/api/admin/smt/normalize', { method: 'POST', query: { id } });
}
