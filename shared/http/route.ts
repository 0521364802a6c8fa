import * as z from 'zod';

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
  /** Who may call it: the holder of the admin token, also the holder of a reader token, or anyone. */
  readonly access: 'admin' | 'reader' | 'anyone';
  readonly pathParameters?: z.ZodType;
  readonly query?: z.ZodType;
  /** An empty query parameter counts as left out, as forms send it, unless this is set to validate it as is. */
  readonly checksEmptyParameters?: boolean;
  readonly body?: z.ZodType;
  readonly response: z.ZodType;
  /**
   * Responds with CSV too: at `PATH.csv`, an operation of its own, since generated clients expect one type from
   * each; and at the path itself for `format=csv` or `Accept: text/csv`.
   */
  readonly csv?: boolean;
  /** Has an ETag, and responds with 304 to a request that has the same one. */
  readonly revalidates?: boolean;
  /** What statuses other than 200, 304, 400, 401 and 500 mean. */
  readonly errors?: Readonly<Record<string, string>>;
}

/** The routes of one function by operation id, the name that generated clients call them by. */
export type Routes = Readonly<Record<string, Route>>;

/** `GET /api/usage`: what API Gateway calls a route. */
export function routeKeyOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

/** Schema of a text/csv body. */
export const csvText = z.string().describe('A header line, then a line for each row');

/** The operation of a route, and that of its CSV where it has one: `getUsage` and `getUsageCsv`. */
export function operationsOf(routes: Routes): readonly { readonly id: string; readonly route: Route }[] {
  return Object.entries(routes).flatMap(([id, route]) =>
    route.csv
      ? [
          { id, route },
          { id: `${id}Csv`, route: csvRouteOf(route) },
        ]
      : [{ id, route }],
  );
}

function csvRouteOf({ csv, ...route }: Route): Route {
  return {
    ...route,
    path: `${route.path}.csv`,
    summary: `${route.summary}, as CSV`,
    description: 'A Link header names the next page, if there is one.',
    response: csvText,
  };
}
