import type { z } from 'zod';
import type { rawFileResponse, rawFilesResponse } from '../../../raw-files/schemas.ts';
import { callApi } from './api.ts';
import { el } from './dom.ts';
import { localDay, plural } from './format.ts';

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

/** Whether a file has no final status yet. */
export function isPending(status: Status): boolean {
  return status === 'registered' || status === 'normalizing';
}

export function rawFileUrl(id: string): string {
  return `/admin/smt/raw/${encodeURIComponent(id)}`;
}

/** `#12`, for those who may open the file a link to it. */
export function rawFileLink(id: string): HTMLElement {
  return el(
    'span',
    {},
    el('a', { href: rawFileUrl(id) }, `#${id}`),
    el('span', { class: 'reader-only' }, `#${id}`),
  );
}

/** URL of the usage in a file; null for a file without any. */
export function usageUrlOf(file: ListedRawFile): string | null {
  const { status, first_esiid: esiid, interval_min_at: first, interval_max_at: last } = file;
  if (esiid === null || (status !== 'normalized' && status !== 'duplicate')) return null;
  const days = first && last ? { from: localDay(first), to: localDay(last) } : {};
  return `/usage?${new URLSearchParams({ esiid, ...days })}`;
}

type Outcome = Pick<
  ListedRawFile,
  | 'status'
  | 'intervals_read'
  | 'intervals_inserted'
  | 'rejected_rows'
  | 'esiid_count'
  | 'error_code'
  | 'error_message'
  | 'duplicate_of'
>;

/** What the user can do on this page, where the file's own message speaks of requests. */
const advice: Readonly<Record<string, string>> = {
  'esiid-unknown':
    'The file names no ESIID. Open "My files name no ESIID" on the page of raw files, enter it, and drop the file again.',
};

/** The outcome of a file, in a sentence. */
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
      return advice[file.error_code ?? ''] ?? file.error_message ?? 'It failed without a reason.';
    case 'ignored':
      return file.error_message ?? 'Understood, but it holds no intervals.';
    case 'duplicate':
      return `Has the same bytes as file ${file.duplicate_of}, which is loaded already.`;
    case 'withdrawn':
      return 'Withdrawn: nothing of it is in the data. Load it again to undo that.';
  }
}

function newOnes({ intervals_read: read, intervals_inserted: inserted }: Outcome): string {
  if (inserted === 0) return 'none new';
  return inserted === read ? 'all new' : `${plural(inserted, 'value')} new`;
}

/** Queues a file again. */
export async function replayRawFile(id: string): Promise<void> {
  await callApi('/api/admin/smt/normalize', { method: 'POST', query: { id } });
}
