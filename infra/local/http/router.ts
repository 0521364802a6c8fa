import type { RouteDescription } from '../template/description.ts';

export interface Match {
  readonly route: RouteDescription;
  /** Decoded, by name. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface CompiledRoute {
  readonly route: RouteDescription;
  readonly method: string;
  readonly pattern: RegExp;
  /** Sorts the most specific first: a literal segment, then {parameter}, then {proxy+}; a method before ANY. */
  readonly rank: string;
}

/** Chooses routes as API Gateway's HTTP APIs do: the most specific path wins, and a trailing slash counts. */
export class Router {
  private readonly routes: readonly CompiledRoute[];

  constructor(routes: readonly RouteDescription[]) {
    this.routes = routes.map(compile).sort((a, b) => (a.rank < b.rank ? -1 : 1));
  }

  /** @param path as in the request line, still encoded, without query */
  match(method: string, path: string): Match | undefined {
    for (const { route, method: wanted, pattern } of this.routes) {
      const match = wanted === 'ANY' || wanted === method ? pattern.exec(path) : null;
      if (match) return { route, pathParameters: decode(match.groups ?? {}) };
    }
    return undefined;
  }
}

function compile(route: RouteDescription): CompiledRoute {
  if (route.routeKey === '$default') return { route, method: 'ANY', pattern: /^/, rank: '~' };
  const [method = '', path = ''] = route.routeKey.split(' ');
  const segments = path.split('/').slice(1).map(compileSegment);
  const rank = segments.map((segment) => segment.rank).join('') + (method === 'ANY' ? 'any' : '');
  return { route, method, rank, pattern: new RegExp(`^/${segments.map(({ source }) => source).join('/')}$`) };
}

function compileSegment(segment: string): { readonly source: string; readonly rank: string } {
  const [, name, greedy] = /^\{(\w+)(\+?)\}$/.exec(segment) ?? [];
  if (name === undefined) return { source: segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), rank: '0' };
  return greedy ? { source: `(?<${name}>.+)`, rank: '2' } : { source: `(?<${name}>[^/]+)`, rank: '1' };
}

function decode(groups: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(groups).map(([name, value]) => {
    try {
      return [name, decodeURIComponent(value)] as const;
    } catch {
      return [name, value] as const;
    }
  });
  return Object.fromEntries(entries);
}
