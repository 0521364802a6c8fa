import { AccessControl, type Caller } from './access-control.ts';
import { type ApiHandler, apiRoute } from './api-route.ts';
import type { ApiResponse } from './encode-response.ts';
import { type RouteRequest, readRequest } from './read-request.ts';
import { type Route, type Routes, routeKeyOf } from './route.ts';

/** The operations of a function's routes, by operation id. */
type Operations<R extends Routes> = {
  readonly [Id in keyof R]: (request: RouteRequest<R[Id]>, caller: Caller) => Promise<ApiResponse>;
};

/** The handler of a function: checks the token, parses the request by its route, and calls the operation. */
export function serveRoutes<const R extends Routes>(routes: R, operations: Operations<R>): ApiHandler {
  const access = new AccessControl();
  const served = new Map(
    Object.entries(routes).map(([id, route]) => [routeKeyOf(route), { route, operation: operations[id] }]),
  );
  return apiRoute(async (event) => {
    const { route, operation } = served.get(event.routeKey.replace(/\.csv$/, '')) ?? {};
    if (!route || !operation) throw new Error(`This function has no route ${event.routeKey}`);
    const caller = await access.check(route.access, event.headers);
    const request = readRequest<Route>(route, event) as Parameters<typeof operation>[0];
    const response = await operation(request, caller);
    return route.revalidates ? { ...response, revalidates: true } : response;
  });
}
