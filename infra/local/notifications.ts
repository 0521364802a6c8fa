import type { S3EventRecord } from 'aws-lambda';
import type { Intercept } from './intercept.ts';
import type { NotificationDescription } from './template/description.ts';

type InvokeAsync = (functionId: string, payload: unknown) => void;

/** Delivers S3 event notifications to the functions that the template's bucket configures. */
export class S3Notifications {
  private readonly intercept: Intercept | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private notifications: readonly NotificationDescription[] = [];
  private invokeAsync: InvokeAsync | undefined;

  constructor(intercept?: Intercept) {
    this.intercept = intercept;
  }

  /** Begins to deliver. */
  start(notifications: readonly NotificationDescription[], invokeAsync: InvokeAsync): void {
    this.notifications = notifications;
    this.invokeAsync = invokeAsync;
  }

  stop(): void {
    this.invokeAsync = undefined;
    for (const timer of this.timers) clearTimeout(timer);
  }

  /** Accepts an event of the local S3; the interceptor decides how it is delivered. */
  readonly accept = (record: S3EventRecord): void => {
    void this.plan(record);
  };

  private async plan(record: S3EventRecord): Promise<void> {
    for (const delayMs of (await this.intercept?.s3Event?.(record)) ?? [0]) {
      if (delayMs === 0) this.deliver(record);
      else this.deliverLater(record, delayMs);
    }
  }

  private deliverLater(record: S3EventRecord, delayMs: number): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.deliver(record);
    }, delayMs);
    this.timers.add(timer);
  }

  private deliver(record: S3EventRecord): void {
    for (const notification of this.notifications) {
      if (matches(notification, record)) {
        this.invokeAsync?.(notification.functionId, { Records: [record] });
      }
    }
  }
}

function matches({ bucketName, events, prefix, suffix }: NotificationDescription, record: S3EventRecord) {
  const key = decodeURIComponent(record.s3.object.key.replaceAll('+', ' '));
  const isWanted = events.some((event) => {
    const pattern = event.replace(/^s3:/, '');
    return pattern.endsWith('*')
      ? record.eventName.startsWith(pattern.slice(0, -1))
      : record.eventName === pattern;
  });
  return record.s3.bucket.name === bucketName && isWanted && key.startsWith(prefix) && key.endsWith(suffix);
}
