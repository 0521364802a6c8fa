import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { z } from 'zod';
import { validate } from './validate.ts';

/**
 * Reads the query parameters by a schema; an empty one counts as left out, as forms send it.
 * @throws HttpError 400 `invalid-request` with each parameter that is wrong in details
 */
export function readQuery<T extends z.ZodType>(event: APIGatewayProxyEventV2, schema: T): z.infer<T> {
  const given = Object.entries(event.queryStringParameters ?? {}).filter(([, value]) => value !== '');
  return validate(Object.fromEntries(given), schema, '(query)');
}
