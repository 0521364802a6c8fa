import { findRunningStack } from './lock.ts';
import { stateDirOf } from './settings.ts';

interface ErrorBody {
  readonly ok: false;
  readonly error: string;
  readonly message: string;
  readonly details?: unknown;
}

/** Where an API is, and the token for it. */
export interface AdminApi {
  readonly apiUrl: string;
  readonly adminToken: string;
}

/** The API of a URL, with the token in ADMIN_TOKEN; without a URL, that of the local stack that runs. */
export async function findAdminApi(url: string | undefined): Promise<AdminApi> {
  if (url !== undefined) {
    const adminToken = process.env.ADMIN_TOKEN;
    if (!adminToken) throw new Error('Put the admin token into ADMIN_TOKEN.');
    return { apiUrl: url, adminToken };
  }
  const running = await findRunningStack(stateDirOf(process.env));
  if (!running)
    throw new Error('No local stack is running. Start it with npm start, or name an API with --url.');
  return running;
}

/**
 * Posts to a route.
 * @returns the body of a response that is ok
 * @throws Error with the API's own message and the fields that are wrong
 */
export function postTo<T>(api: AdminApi, path: string, body?: unknown): Promise<T> {
  return request(api, path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** Gets a route; returns and throws as {@link postTo}. */
export function getFrom<T>(api: AdminApi, path: string): Promise<T> {
  return request(api, path, {});
}

async function request<T>({ apiUrl, adminToken }: AdminApi, path: string, init: RequestInit): Promise<T> {
  const headers = { ...init.headers, authorization: `Bearer ${adminToken}` };
  const response = await fetch(new URL(path, apiUrl), { ...init, headers });
  const parsed = parse(await response.text());
  if (parsed === null) throw new Error(`${apiUrl} responded with ${response.status}.`);
  if (parsed.ok) return parsed as T;
  const { message, error, details = [] } = parsed as ErrorBody;
  const lines = [details].flat().map((detail) => `\n  ${JSON.stringify(detail)}`);
  throw new Error(`${message} (${error})${lines.join('')}`);
}

function parse(text: string): { readonly ok: boolean } | null {
  try {
    return JSON.parse(text) as { ok: boolean };
  } catch {
    return null;
  }
}
