import type { Intent } from '../iam/service-gate.ts';
import type { RequestBody } from './body.ts';
import type { CreatedBy } from './events.ts';
import type { Bucket, ObjectVersion } from './model.ts';
import type { S3Request } from './request.ts';
import type { Store } from './store.ts';

/** One request with a valid signature, as an operation handles it. */
export interface Call {
  readonly request: S3Request;
  readonly body: RequestBody;
  readonly store: Store;
  readonly region: string;
  /** Checks the policies for resources that only the body names. @throws S3Error with S3's 403 */
  authorize(intents: readonly Intent[]): void;
  /** Sends the S3 event notification of a new object; to be called once the object is durable. */
  notify(by: CreatedBy, bucket: Bucket, version: ObjectVersion): void;
}

/** The response of an operation. */
export interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  /** An XML document, or an object's bytes (`content-length` is then in the headers), or nothing. */
  readonly body?: string | AsyncIterable<Buffer>;
}

export type Operation = (call: Call) => Reply | Promise<Reply>;

/** The bucket the request names. Throws `NoSuchBucket`. */
export function bucketOf({ store, request }: Call): Bucket {
  return store.bucket(request.bucket ?? '');
}

/** The key the request names; routes of object operations guarantee one. */
export function keyOf({ request }: Call): string {
  return request.key ?? '';
}

export function xmlReply(body: string, headers: Record<string, string> = {}): Reply {
  return { status: 200, headers: { 'content-type': 'application/xml', ...headers }, body };
}
