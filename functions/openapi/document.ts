import type * as z from 'zod';
import { formatParameter } from '../../shared/http/read-request.ts';
import { csvText, operationsOf, type Route } from '../../shared/http/route.ts';
import { errorResponse } from '../../shared/http/schemas.ts';
import { apiRoutes } from './api-routes.ts';
import { ComponentSchemas } from './component-schemas.ts';

type Json = Record<string, unknown>;

/** The API as an OpenAPI 3.1 document, made of the routes and the zod schemas that requests are parsed by. */
export function openApiDocument(): Json {
  const schemas = new ComponentSchemas();
  const error = schemas.schemaOf(errorResponse, 'output');
  const paths: Record<string, Json> = {};
  for (const { id, route } of operationsOf(apiRoutes)) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(id, route, { schemas, error }),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'smt-ingest',
      version: '1',
      description:
        'Smart Meter Texas files in, every 15-minute interval out. kWh, ids and hashes are strings, counts are numbers.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { header: [] }],
    tags: [{ name: 'Raw files' }, { name: 'Usage' }, { name: 'About' }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        header: { type: 'apiKey', in: 'header', name: 'x-admin-token' },
      },
      schemas: schemas.all(),
      responses: {
        Error: { description: 'Rejected or failed', content: { 'application/json': { schema: error } } },
      },
    },
  };
}

interface Shared {
  readonly schemas: ComponentSchemas;
  /** Body of every error response. */
  readonly error: Json;
}

function operationOf(operationId: string, route: Route, shared: Shared): Json {
  const { summary, description, tag, access, pathParameters, query, body, response, csv } = route;
  const mediaType = response === csvText ? 'text/csv' : 'application/json';
  const { schemas } = shared;
  const parameters = [
    ...parametersOf(schemas, pathParameters, 'path'),
    ...parametersOf(schemas, query, 'query'),
    ...parametersOf(schemas, csv && formatParameter, 'query'),
  ];
  return {
    operationId,
    summary,
    ...(description && { description }),
    tags: [tag],
    ...(access === 'anyone' && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemas.schemaOf(body, 'input') } },
      },
    }),
    responses: {
      '200': {
        description: 'Done',
        content: { [mediaType]: { schema: schemas.schemaOf(response, 'output') } },
      },
      ...errorsOf(route, shared.error),
    },
  };
}

function errorsOf(route: Route, error: Json): Json {
  const { query, body, pathParameters, errors = {}, access, revalidates } = route;
  const takesInput = query || body || pathParameters;
  const statuses: Record<string, string> = {
    ...(takesInput && { '400': 'The request is not valid; details name each field' }),
    ...(access !== 'anyone' && { '401': 'The token is missing or wrong' }),
    ...errors,
  };
  const described = Object.entries(statuses).map(([status, description]) => [
    status,
    { description, content: { 'application/json': { schema: error } } },
  ]);
  const unchanged = { '304': { description: 'The client has this response: its If-None-Match is the ETag' } };
  return {
    ...(revalidates && unchanged),
    ...Object.fromEntries(described),
    default: { $ref: '#/components/responses/Error' },
  };
}

/** Each property of an object schema as a parameter. */
function parametersOf(
  schemas: ComponentSchemas,
  schema: z.ZodType | false | undefined,
  place: 'path' | 'query',
): Json[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemas.schemaOf(schema, 'input') as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: property,
  }));
}
