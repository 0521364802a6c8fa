import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { InvocationResult } from '../lambda/protocol.ts';
import type { AuthorizerDescription } from '../template/description.ts';
import { errorResponse, type HttpResponse } from './response.ts';

interface SimpleResponse {
  readonly isAuthorized?: unknown;
  readonly context?: Record<string, unknown>;
}

/** The context that the authorizer returns for an allowed request; otherwise the response. */
export type Authorization =
  | { readonly context: Record<string, unknown> }
  | { readonly rejection: HttpResponse };

/** Invokes a route's Lambda authorizer, as API Gateway does with simple responses. */
export async function authorize(
  event: APIGatewayProxyEventV2,
  authorizer: AuthorizerDescription,
  invoke: (functionId: string, payload: unknown) => Promise<InvocationResult>,
): Promise<Authorization> {
  const identitySource = authorizer.identitySources.map((source) => identity(event, source));
  if (identitySource.some((value) => value === undefined))
    return { rejection: errorResponse(401, 'Unauthorized') };
  const { body: _, isBase64Encoded: __, ...request } = event;
  const result = await invoke(authorizer.functionId, {
    ...request,
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:local:local/$default/${event.routeKey.replace(' /', '/')}`,
    identitySource: identitySource.length > 0 ? identitySource : null,
  });
  if (result.outcome !== 'ok') return { rejection: errorResponse(500, 'Internal Server Error') };
  const { isAuthorized, context } = (result.payload ?? {}) as SimpleResponse;
  if (isAuthorized !== true) return { rejection: errorResponse(403, 'Forbidden') };
  return { context: context ?? {} };
}

function identity(event: APIGatewayProxyEventV2, source: string): string | undefined {
  const [, kind, name = ''] = /^\$request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  const value = kind === 'header' ? event.headers[name.toLowerCase()] : event.queryStringParameters?.[name];
  return value === '' ? undefined : value;
}
