import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { logger } from '../observability/logger.ts';
import { DatabaseUnavailableError } from '../storage/database-unavailable-error.ts';
import { type ApiResponse, encodeResponse } from './encode-response.ts';
import { HttpError } from './errors.ts';

export type ApiHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** A route of the API: an HttpError becomes the response `{ok: false, error, message, details?}` with its status. */
export function apiRoute(handle: (event: APIGatewayProxyEventV2) => Promise<ApiResponse>): ApiHandler {
  return async (event, context) => {
    logger.addContext(context);
    try {
      return await encodeResponse(event, await handle(event));
    } catch (error) {
      return encodeResponse(event, errorResponse(error, event.routeKey, context.awsRequestId));
    }
  };
}

/** Retry-After, by when a paused database has resumed. */
const retryAfterSeconds = 10;

function errorResponse(error: unknown, route: string, requestId: string): ApiResponse {
  if (error instanceof HttpError) {
    const { status, code, message, details } = error;
    logger.warn('request rejected', { route, status, error: code });
    return { status, body: { ok: false, error: code, message, ...(details ? { details } : {}) } };
  }
  logger.error('request failed', { route, error: error as Error });
  if (error instanceof DatabaseUnavailableError) {
    const message = `The database does not accept connections; try again in ${retryAfterSeconds} s. Request id: ${requestId}`;
    return {
      status: 503,
      headers: { 'retry-after': String(retryAfterSeconds) },
      body: { ok: false, error: 'unavailable', message },
    };
  }
  const message = `Something went wrong here; try again later. Request id: ${requestId}`;
  return { status: 500, body: { ok: false, error: 'internal', message } };
}
