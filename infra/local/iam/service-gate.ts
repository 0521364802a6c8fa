import { createHash } from 'node:crypto';
import { S3Error } from '../s3/errors.ts';
import type { S3Request } from '../s3/request.ts';
import { verifySignature } from '../s3/signature.ts';
import { AccessDeniedError } from './access-denied-error.ts';
import type { Authority } from './authority.ts';

/** A signed request to a service with a JSON or query protocol. */
export interface ServiceRequest
  extends Pick<S3Request, 'method' | 'rawPath' | 'queryPairs' | 'query' | 'headers'> {
  readonly body: Buffer;
}

/** The action and resource of a request, in the terms of policies. */
export interface Intent {
  readonly action: string;
  readonly resource: string;
}

/** The response to a request that is rejected. */
export interface Rejection {
  readonly status: number;
  /** The service's code: `AccessDeniedException` */
  readonly type: string;
  readonly message: string;
}

/** Checks the signature of a request, then evaluates the policies. Undefined if the request is allowed. */
export function rejectionOf(
  authority: Authority,
  request: ServiceRequest,
  { service, region, intent }: { readonly service: string; readonly region: string; readonly intent: Intent },
): Rejection | undefined {
  try {
    const bodySha256 = createHash('sha256').update(request.body).digest('hex');
    const { accessKeyId } = verifySignature(
      { ...request, bodySha256 },
      { service, region, nowMs: Date.now(), credentialsOf: (id) => authority.credentialsOf(id) },
    );
    authority.authorize(accessKeyId, intent.action, intent.resource);
    return undefined;
  } catch (error) {
    if (error instanceof AccessDeniedError)
      return { status: 403, type: 'AccessDeniedException', message: error.message };
    if (!(error instanceof S3Error)) throw error;
    const type =
      error.code === 'InvalidAccessKeyId' ? 'UnrecognizedClientException' : 'InvalidSignatureException';
    return { status: 403, type, message: error.message };
  }
}
