import type { ListedRawFile } from '../storage/raw-files/list-raw-files.ts';
import type { FoundUploadRequest } from '../storage/upload-requests/find-upload-requests.ts';
import { durationText, plural } from './words.ts';

export interface FileAnswer {
  /** In a sentence: whether the file loaded. */
  readonly answer: string;
  /** Loaded, or there is nothing in it to load. */
  readonly isLoaded: boolean;
}

/**
 * Did a file load?
 * @param files the raw files that were found, the last received first: it counts
 * @param requests the uploads that were granted for it, the last first
 */
export function fileAnswer(
  files: readonly ListedRawFile[],
  requests: readonly FoundUploadRequest[],
  now: Date,
): FileAnswer {
  const [last] = files;
  if (last === undefined) return { answer: neverCame(requests, now), isLoaded: false };
  const others = files.length > 1 ? ` It is the last received of ${plural(files.length, 'file')}.` : '';
  const { answer, isLoaded } = answerOf(last, now);
  return { answer: answer + others, isLoaded };
}

function answerOf(file: ListedRawFile, now: Date): FileAnswer {
  const { id, status, intervals_read: intervals } = file;
  switch (status) {
    case 'normalized':
      return { answer: `Yes: it is loaded as file ${id}, ${plural(intervals, 'interval')}.`, isLoaded: true };
    case 'duplicate':
      return {
        answer: `Yes: file ${id} has the same bytes as file ${file.duplicate_of}, which is loaded.`,
        isLoaded: true,
      };
    case 'ignored':
      return { answer: `There is nothing to load in file ${id}: ${file.error_message}`, isLoaded: true };
    case 'failed':
      return { answer: `No: file ${id} failed: ${file.error_message} (${file.error_code})`, isLoaded: false };
    case 'withdrawn':
      return { answer: `No: file ${id} was withdrawn.`, isLoaded: false };
    case 'registered':
    case 'normalizing': {
      const waited = durationText(now.getTime() - file.received_at.getTime());
      return { answer: `Not yet: file ${id} came ${waited} ago and is pending.`, isLoaded: false };
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
