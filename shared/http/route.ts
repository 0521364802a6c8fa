import type { z } from 'zod';

/**
 * A route of the API, declared once in the `routes.ts` of its function: the stack deploys it, the handler checks requests
 * by it, and the OpenAPI document describes it.
 */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** As API Gateway spells it, parameters in braces: `/api/admin/smt/raw-files/{id}`. */
  readonly path: `/${string}`;
  readonly summary: string;
  readonly description?: string;
  readonly tag: 'Raw files' | 'Usage' | 'About';
  /** Who may call it: the holder of an admin token, or anyone. */
  readonly access: 'admin' | 'anyone';
  readonly pathParameters?: z.ZodType;
  readonly query?: z.ZodType;
  /** An empty query parameter counts as left out, as forms send it, unless this says that it is checked as it is. */
  readonly checksEmptyParameters?: boolean;
  readonly body?: z.ZodType;
  readonly response: z.ZodType;
  /** Responds with text/csv too. */
  readonly csv?: boolean;
  /** What statuses other than 200, 400, 401 and 500 mean. */
  readonly errors?: Readonly<Record<string, string>>;
}

/** The routes of one function by operation id, the name that generated clients call them by. */
export type Routes = Readonly<Record<string, Route>>;

/** `GET /api/usage`: what API Gateway calls a route. */
export function routeKeyOf({ method, path }: Route): string {
  return `${method} ${path}`;
}
