import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { z } from 'zod';
import { HttpError } from './errors.ts';
import { validate } from './validate.ts';

/**
 * Reads a JSON body by a schema.
 * @throws HttpError 400 `invalid-json`, or `invalid-request` with each field that is wrong in details
 */
export function readBody<T extends z.ZodType>(event: APIGatewayProxyEventV2, schema: T): z.infer<T> {
  const text = event.isBase64Encoded
    ? Buffer.from(event.body ?? '', 'base64').toString()
    : (event.body ?? '');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new HttpError(400, 'invalid-json', `The body is not JSON: ${(error as Error).message}`);
  }
  return validate(json, schema, '(body)');
}
