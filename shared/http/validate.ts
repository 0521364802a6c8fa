import type { z } from 'zod';
import { HttpError } from './errors.ts';

/**
 * Parses part of a request by a schema.
 * @param whole name for a problem of the whole value, as in `(body)`
 * @throws HttpError 400 `invalid-request` with each field that is wrong in details
 */
export function validate<T extends z.ZodType>(input: unknown, schema: T, whole: string): z.infer<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const details = result.error.issues.flatMap(({ path, message, ...issue }) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...path, key].join('.'), message: 'is not known here' }))
      : [{ field: path.join('.') || whole, message }],
  );
  throw invalidRequest(details);
}

/** The error for an invalid request, for problems that no schema can detect. */
export function invalidRequest(
  details: readonly { readonly field: string; readonly message: string }[],
): HttpError {
  const named = details.map(({ field, message }) => `${field}: ${message}`).join('; ');
  return new HttpError(400, 'invalid-request', `The request is not valid: ${named}`, details);
}
