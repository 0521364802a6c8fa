import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import { HttpError } from './errors.ts';
import type { Route } from './route.ts';
import { validate } from './validate.ts';

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

type ResponseFormat = 'json' | 'csv';

/** A request as the schemas of its route parsed it; a part without a schema is undefined. */
export interface RouteRequest<R extends Route = Route> {
  readonly pathParameters: Parsed<R['pathParameters']>;
  readonly query: Parsed<R['query']>;
  readonly body: Parsed<R['body']>;
  /** How to respond; always JSON on a route without CSV. */
  readonly format: ResponseFormat;
  readonly event: APIGatewayProxyEventV2;
}

/** The additional query parameter of a route with CSV. */
export const formatParameter = z.strictObject({
  format: z
    .enum(['json', 'csv'], 'is neither json nor csv')
    .default('json')
    .describe('`csv` responds as the same path with `.csv` appended does; generated clients call that one'),
});

/**
 * Parses a request by the schemas of its route.
 * @throws HttpError 400 `invalid-json`, or `invalid-request` whose details name each field that is wrong
 */
export function readRequest<R extends Route>(route: R, event: APIGatewayProxyEventV2): RouteRequest<R> {
  const { pathParameters, query, body } = route;
  const given = queryParameters(route, event);
  const { format, ...withoutFormat } = given;
  return {
    pathParameters: pathParameters && validate(event.pathParameters ?? {}, pathParameters, '(path)'),
    query: query && validate(route.csv ? withoutFormat : given, query, '(query)'),
    body: body && validate(parseJson(event), body, '(body)'),
    format: route.csv ? formatOf(event, format) : 'json',
    event,
  } as RouteRequest<R>;
}

function formatOf({ rawPath, headers }: APIGatewayProxyEventV2, format: string | undefined): ResponseFormat {
  if (rawPath.endsWith('.csv')) return 'csv';
  if (format !== undefined) return validate({ format }, formatParameter, '(query)').format;
  return /\btext\/csv\b/i.test(headers.accept ?? '') ? 'csv' : 'json';
}

function queryParameters(
  { checksEmptyParameters }: Route,
  event: APIGatewayProxyEventV2,
): Record<string, string> {
  const given = Object.entries(event.queryStringParameters ?? {}).flatMap(([name, value = '']) =>
    value === '' && !checksEmptyParameters ? [] : [[name, value] as const],
  );
  return Object.fromEntries(given);
}

function parseJson({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): unknown {
  try {
    return JSON.parse(isBase64Encoded ? Buffer.from(body, 'base64').toString() : body);
  } catch (error) {
    throw new HttpError(400, 'invalid-json', `The body is not JSON: ${(error as Error).message}`);
  }
}
