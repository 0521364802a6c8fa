import { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { HttpError } from './errors.ts';

export interface ApiResponse {
  readonly status: number;
  readonly body: object;
}

export type ApiHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

const logger = new Logger();

function respond(status: number, body: object): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  };
}

/** A route of the API: answers JSON; an HttpError as `{ok: false, error, message, details?}` with its status. */
export function apiRoute(handle: (event: APIGatewayProxyEventV2) => Promise<ApiResponse>): ApiHandler {
  return async (event, context) => {
    logger.addContext(context);
    try {
      const { status, body } = await handle(event);
      return respond(status, body);
    } catch (error) {
      if (error instanceof HttpError) {
        logger.warn('request refused', { route: event.routeKey, status: error.status, error: error.code });
        const { code, message, details } = error;
        return respond(error.status, { ok: false, error: code, message, ...(details ? { details } : {}) });
      }
      logger.error('request failed', { route: event.routeKey, error: error as Error });
      const message = `Something went wrong here; try again later. Request id: ${context.awsRequestId}`;
      return respond(500, { ok: false, error: 'internal', message });
    }
  };
}
