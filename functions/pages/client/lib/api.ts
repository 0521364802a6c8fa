import { askToken, forgetToken, storedToken } from './token.ts';

/** The API rejected the request or failed; the message is shown to users. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

/** The token is valid, and reads usage only. */
export class ReaderTokenError extends Error {
  constructor() {
    super('This token reads usage only; this needs the admin token.');
    this.name = 'ReaderTokenError';
  }
}

/** The user did not enter the token. */
export class LockedError extends Error {
  constructor() {
    super('This needs the admin token.');
    this.name = 'LockedError';
  }
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST';
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: object;
  readonly accept?: string;
  readonly signal?: AbortSignal;
}

/**
 * Calls the API with the token, and asks for the token when it is missing or wrong.
 * @throws ApiError, ReaderTokenError, LockedError; TypeError when the network is down; AbortError
 */
export async function callApi<Body>(path: string, request: ApiRequest = {}): Promise<Body> {
  const response = await requestApi(path, request);
  return (await response.json()) as Body;
}

/** As {@link callApi}, for responses other than JSON. */
export async function requestApi(path: string, request: ApiRequest = {}): Promise<Response> {
  let token = storedToken() ?? (await askToken());
  while (token !== null) {
    const response = await send(path, request, token);
    if (response.ok) return response;
    if (response.status !== 401) throw await errorOf(response);
    if (path !== accessPath && (await isReader(token))) throw new ReaderTokenError();
    if (storedToken() === token) forgetToken();
    token = storedToken() ?? (await askToken('That token is not the right one.'));
  }
  throw new LockedError();
}

const accessPath = '/api/usage/access';

/** Whether a token is valid, though for usage only. The style sheet then hides links to what needs the admin token. */
async function isReader(token: string): Promise<boolean> {
  const response = await send(accessPath, {}, token);
  if (!response.ok) return false;
  const { access } = (await response.json()) as { access: 'admin' | 'reader' };
  document.body.dataset.access = access;
  return access === 'reader';
}

/** Asks the API what the stored token may do, and offers only that. */
export async function checkAccess(): Promise<void> {
  const token = storedToken();
  if (token !== null) await isReader(token);
}

function send(path: string, { method = 'GET', query, body, accept, signal }: ApiRequest, token: string) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value) parameters.set(name, value);
  return fetch(parameters.size > 0 ? `${path}?${parameters}` : path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      accept: accept ?? 'application/json',
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
    cache: 'no-store',
  });
}

async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text();
  try {
    const { error, message } = JSON.parse(text) as { error?: string; message?: string };
    return new ApiError(response.status, error ?? 'unknown', message ?? response.statusText);
  } catch {
    return new ApiError(response.status, 'unknown', `The server returned ${response.status}.`);
  }
}

/** The message shown to users for a failure. */
export function messageOf(error: unknown): string {
  if (error instanceof TypeError) return 'The server cannot be reached. Check the connection and try again.';
  return error instanceof Error ? error.message : String(error);
}
