import type { RawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import type { AttemptRecord, RawFileHistory } from '../../shared/storage/raw-files/read-raw-file-history.ts';

export interface TimelineEvent {
  /** ISO instant. */
  readonly at: string;
  readonly event:
    | 'upload-requested'
    | 'received'
    | 'registered'
    | 'queued'
    | 'replayed'
    | 'attempt-started'
    | 'attempt-ended'
    | 'announced';
  readonly detail: string | null;
}

/** What happened to a file, from the presigned upload to the announcement, in the order of time. */
export function timelineOf(file: RawFile, { upload, attempts }: RawFileHistory): TimelineEvent[] {
  const times = upload && upload.requestCount > 1 ? `asked ${upload.requestCount} times, last` : null;
  // S3 reports whole seconds, so its time can be earlier than the request's; the request always comes first.
  const arrival: (TimelineEvent | null)[] = [
    upload && { at: upload.requestedAt.toISOString(), event: 'upload-requested', detail: times },
    { at: file.received_at, event: 'received', detail: file.source },
  ];
  const events: (TimelineEvent | null)[] = [
    { at: file.registered_at, event: 'registered', detail: duplicateDetail(file) },
    file.queued_at === null ? null : queuedEvent(file.queued_at, attempts),
    file.replayed_at === null ? null : { at: file.replayed_at, event: 'replayed', detail: null },
    ...attempts.flatMap(attemptEvents),
    file.announced_at === null ? null : { at: file.announced_at, event: 'announced', detail: null },
  ];
  return [
    ...arrival.filter((event) => event !== null),
    ...events.filter((event) => event !== null).sort((a, b) => a.at.localeCompare(b.at)),
  ];
}

/** How long after a message is sent its row may be updated. A fast worker starts an attempt in between. */
const queuedRecordedWithinMs = 5_000;

/** The message was sent before the attempt that it started, also where it was recorded after. */
function queuedEvent(queuedAt: string, attempts: readonly AttemptRecord[]): TimelineEvent {
  const started = attempts
    .map(({ startedAt }) => startedAt.toISOString())
    .find((at) => at <= queuedAt && Date.parse(queuedAt) - Date.parse(at) <= queuedRecordedWithinMs);
  return { at: started ?? queuedAt, event: 'queued', detail: null };
}

function duplicateDetail({ duplicate_of: original }: RawFile): string | null {
  return original === null ? null : `duplicate of file ${original}`;
}

function attemptEvents(record: AttemptRecord): TimelineEvent[] {
  const { attempt, startedAt, endedAt, outcome, errorCode, errorMessage } = record;
  const why = [errorCode, errorMessage].filter((text) => text !== null).join(': ');
  const started: TimelineEvent = {
    at: startedAt.toISOString(),
    event: 'attempt-started',
    detail: `attempt ${attempt}`,
  };
  if (endedAt === null) return [started];
  const detail = `attempt ${attempt}: ${outcome}${why && ` (${why})`}`;
  return [started, { at: endedAt.toISOString(), event: 'attempt-ended', detail }];
}
