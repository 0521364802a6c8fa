import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { z } from 'zod';
import { HttpError } from './errors.ts';
import type { Route } from './route.ts';
import { validate } from './validate.ts';

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** A request as the schemas of its route parsed it; a part without a schema is undefined. */
export interface RouteRequest<R extends Route = Route> {
  readonly pathParameters: Parsed<R['pathParameters']>;
  readonly query: Parsed<R['query']>;
  readonly body: Parsed<R['body']>;
  readonly event: APIGatewayProxyEventV2;
}

/**
 * Parses a request by the schemas of its route.
 * @throws HttpError 400 `invalid-json`, or `invalid-request` whose details name each field that is wrong
 */
export function readRequest<R extends Route>(route: R, event: APIGatewayProxyEventV2): RouteRequest<R> {
  const { pathParameters, query, body } = route;
  return {
    pathParameters: pathParameters && validate(event.pathParameters ?? {}, pathParameters, '(path)'),
    query: query && validate(queryParameters(route, event), query, '(query)'),
    body: body && validate(parseJson(event), body, '(body)'),
    event,
  } as RouteRequest<R>;
}

function queryParameters({ checksEmptyParameters }: Route, event: APIGatewayProxyEventV2): object {
  const given = Object.entries(event.queryStringParameters ?? {});
  return Object.fromEntries(checksEmptyParameters ? given : given.filter(([, value]) => value !== ''));
}

function parseJson({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): unknown {
  try {
    return JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString() : body);
  } catch (error) {
    throw new HttpError(400, 'invalid-json', `The body is not JSON: ${(error as Error).message}`);
  }
}
