import { DropletError, TemporaryError } from '../errors.ts';
import type { ApiConfiguration } from './api-configuration.ts';
import { type HttpResponse, send } from './send.ts';

/** How much of a response that is not the API's goes into a message. */
const maxQuotedLength = 200;

/**
 * Posts JSON to a route of the API.
 * @returns the JSON object of a 200; null when the body is something else
 * @throws DropletError `token-rejected`, `file-too-large`, `upload-rejected`, `not-the-api`; TemporaryError
 */
export async function post(
  {
    api,
    route,
    signal,
  }: { readonly api: ApiConfiguration; readonly route: string; readonly signal: AbortSignal },
  body: object,
): Promise<Record<string, unknown> | null> {
  const response = await send({
    method: 'POST',
    url: `${api.baseUrl}${route}`,
    headers: { 'x-admin-token': api.adminToken, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal,
  });
  if (response.status !== 200) throw asDropletError(api, route, response);
  return parseJson(response.body);
}

/** The meaning of an error response. The API's 401 is about the token, and no other status is. */
function asDropletError(api: ApiConfiguration, route: string, response: HttpResponse): DropletError {
  const { status } = response;
  const message = apiMessage(response.body);
  if (status === 401) {
    return new DropletError(
      'token-rejected',
      `${api.baseUrl} rejects the token. Set ADMIN_TOKEN to the API's.`,
    );
  }
  const quoted = message || response.body.slice(0, maxQuotedLength).replace(/\s+/g, ' ').trim();
  const detail = quoted && `: ${quoted}`;
  if (isTemporary(status)) {
    return new TemporaryError('api-unavailable', `${api.baseUrl} responded ${status}${detail}`, {
      retryAfterMs: retryAfterMs(response),
    });
  }
  if (status === 413)
    return new DropletError('file-too-large', message || 'The file is too large for one upload.');
  if (status === 400) return new DropletError('upload-rejected', message || 'The API rejects the request.');
  const location = response.headers.location ? ` to ${response.headers.location}` : '';
  return notTheApi(api, `responded to ${route} with ${status}${location}${detail}`);
}

export function unexpectedBody(api: ApiConfiguration, route: string): DropletError {
  return notTheApi(api, `responded to ${route} with something other than the API's JSON`);
}

function notTheApi({ baseUrl }: ApiConfiguration, found: string): DropletError {
  return new DropletError('not-the-api', `${baseUrl} ${found}. Is INTELLIWATT_BASE_URL right?`);
}

export function isTemporary(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Parses Retry-After, which is in seconds or a date. */
export function retryAfterMs({ headers }: HttpResponse): number | undefined {
  const text = headers['retry-after'];
  if (!text) return undefined;
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(delayMs) ? Math.max(0, delayMs) : undefined;
}

function parseJson(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function apiMessage(body: string): string {
  const message = parseJson(body)?.message;
  return typeof message === 'string' ? message : '';
}
