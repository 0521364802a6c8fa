import type { ListedRawFile } from '../storage/raw-files/list-raw-files.ts';
import type { FoundUploadRequest } from '../storage/upload-requests/find-upload-requests.ts';
import { durationText, plural } from './words.ts';

export interface FileOutcome {
  /** In a sentence: whether the file loaded. */
  readonly outcome: string;
  /** Loaded, or there is nothing in it to load. */
  readonly isLoaded: boolean;
}

/**
 * Did a file load?
 * @param files the raw files that were found, the last received first: it counts
 * @param requests the uploads that were granted for it, the last first
 */
export function fileOutcome(
  files: readonly ListedRawFile[],
  requests: readonly FoundUploadRequest[],
  now: Date,
): FileOutcome {
  const [last] = files;
  if (last === undefined) return { outcome: neverCame(requests, now), isLoaded: false };
  const others = files.length > 1 ? ` It is the last received of ${plural(files.length, 'file')}.` : '';
  const { outcome, isLoaded } = outcomeOf(last, now);
  return { outcome: outcome + others, isLoaded };
}

function outcomeOf(file: ListedRawFile, now: Date): FileOutcome {
  const { id, status, intervals_read: intervals } = file;
  switch (status) {
    case 'normalized':
      return {
        outcome: `Yes: it is loaded as file ${id}, ${plural(intervals, 'interval')}.`,
        isLoaded: true,
      };
    case 'duplicate':
      return {
        outcome: `Yes: file ${id} has the same bytes as file ${file.duplicate_of}, which is loaded.`,
        isLoaded: true,
      };
    case 'ignored':
      return { outcome: `There is nothing to load in file ${id}: ${file.error_message}`, isLoaded: true };
    case 'failed':
      return {
        outcome: `No: file ${id} failed: ${file.error_message} (${file.error_code})`,
        isLoaded: false,
      };
    case 'withdrawn':
      return { outcome: `No: file ${id} was withdrawn.`, isLoaded: false };
    case 'registered':
    case 'normalizing': {
      const waited = durationText(now.getTime() - file.received_at.getTime());
      return { outcome: `Not yet: file ${id} came ${waited} ago and is pending.`, isLoaded: false };
    }
  }
}

function neverCame([request]: readonly FoundUploadRequest[], now: Date): string {
  if (request === undefined) return 'No: no file of this name, hash, key or id has come.';
  const granted = `an upload was granted to ${request.source} ${durationText(now.getTime() - request.requested_at.getTime())} ago`;
  return request.expires_at < now
    ? `No: ${granted}, and the file never came.`
    : `Not yet: ${granted}, and the file has not come.`;
}
