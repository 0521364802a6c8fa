import { describe, expect, test } from 'vitest';
import { openApiDocument } from '../../functions/openapi/document.ts';
import { pagePaths } from '../../infra/constructs/pages-function.ts';
import { templateOf } from '../support/template.ts';

const stack = templateOf({ env: 'prod', database: 'existing' });

/** `GET /api/usage` and the like, of the template and of the document. */
function deployedRoutes(): readonly string[] {
  return Object.values(stack.ofType('AWS::ApiGatewayV2::Route')).map(({ RouteKey }) => String(RouteKey));
}

function documentedRoutes(): readonly string[] {
  const { paths } = openApiDocument() as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

describe('The routes', () => {
  test('that are deployed are the pages and the documented routes', () => {
    const pages = pagePaths.map((path) => `GET ${path}`);

    expect([...deployedRoutes()].sort()).toEqual([...pages, ...documentedRoutes()].sort());
  });
});
