import { notImplemented, preconditionFailed, S3Error } from './errors.ts';
import type { ObjectVersion, Version } from './model.ts';

type Headers = ReadonlyMap<string, string>;

/** Whether a read may proceed: `true`, or `false` for "304 Not Modified". Throws `PreconditionFailed`. */
export function mayRead(headers: Headers, version: ObjectVersion, prefix = ''): boolean {
  const ifMatch = headers.get(`${prefix}if-match`);
  if (ifMatch !== undefined && !matches(ifMatch, version.etag)) throw preconditionFailed('If-Match');
  const unmodifiedSince = dateMs(headers.get(`${prefix}if-unmodified-since`));
  if (ifMatch === undefined && unmodifiedSince !== undefined && version.lastModifiedMs > unmodifiedSince) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  const ifNoneMatch = headers.get(`${prefix}if-none-match`);
  if (ifNoneMatch !== undefined) return !matches(ifNoneMatch, version.etag);
  const modifiedSince = dateMs(headers.get(`${prefix}if-modified-since`));
  return modifiedSince === undefined || version.lastModifiedMs > modifiedSince;
}

/**
 * The check of a write's `If-None-Match: *` or `If-Match: etag`, to be made in the step that commits it.
 * The check throws `PreconditionFailed`, or `NoSuchKey` for `If-Match` on nothing.
 */
export function writeCondition(headers: Headers): (current: Version | undefined) => void {
  const ifNoneMatch = headers.get('if-none-match');
  const ifMatch = headers.get('if-match');
  if (ifNoneMatch !== undefined && ifNoneMatch.trim() !== '*') {
    throw notImplemented('If-None-Match with anything but * on a write, as S3 does not');
  }
  return (current) => {
    const exists = current !== undefined && !current.deleteMarker;
    if (ifNoneMatch !== undefined && exists) throw preconditionFailed('If-None-Match');
    if (ifMatch === undefined) return;
    if (!exists) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
    if (!matches(ifMatch, current.etag)) throw preconditionFailed('If-Match');
  };
}

/** Rejects conditions on operations that would otherwise ignore them. */
export function rejectConditions(headers: Headers): void {
  for (const name of [
    'if-match',
    'if-none-match',
    'x-amz-if-match-last-modified-time',
    'x-amz-if-match-size',
  ]) {
    if (headers.has(name)) throw notImplemented(`${name} on this operation`);
  }
}

function matches(list: string, etag: string): boolean {
  return list
    .split(',')
    .map((each) => each.trim().replace(/^W\//, '').replaceAll('"', ''))
    .some((each) => each === '*' || each === etag);
}

function dateMs(text: string | undefined): number | undefined {
  const timeMs = Date.parse(text ?? '');
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
