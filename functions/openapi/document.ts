import * as z from 'zod';
import { type DescribedRoute, errorAnswer, routes } from './routes.ts';

type Json = Record<string, unknown>;

/** The API as an OpenAPI 3.1 document, whose schemas are JSON Schema as zod writes it. */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
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
      schemas: { Error: schemaOf(errorAnswer, 'output') },
      responses: {
        Error: {
          description: 'Refused or failed',
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        },
      },
    },
  };
}

function operation(route: DescribedRoute): Json {
  const { method, path, summary, description, tag, pathParameters, query, body, answer } = route;
  const parameters = [...parametersOf(pathParameters, 'path'), ...parametersOf(query, 'query')];
  const words = path.replaceAll(/[{}]/g, '').split(/[/.-]/).filter(Boolean);
  return {
    operationId: [method, ...words].join('-'),
    summary,
    ...(description && { description }),
    tags: [tag],
    ...(route.isOpen && { security: [] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemaOf(body, 'input') } },
      },
    }),
    responses: {
      '200': {
        description: 'Done',
        content: {
          'application/json': { schema: schemaOf(answer, 'output') },
          ...(route.csv && { 'text/csv': { schema: { type: 'string' } } }),
        },
      },
      ...refusalsOf(route),
    },
  };
}

function refusalsOf({ query, body, pathParameters, refusals = {}, isOpen }: DescribedRoute): Json {
  const takesInput = query || body || pathParameters;
  const statuses: Record<string, string> = {
    ...(takesInput && { '400': 'The request is not valid; details name each field' }),
    ...(!isOpen && { '401': 'The token is missing or wrong' }),
    ...refusals,
  };
  const described = Object.entries(statuses).map(([status, description]) => [
    status,
    { description, content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
  ]);
  return { ...Object.fromEntries(described), default: { $ref: '#/components/responses/Error' } };
}

/** Each property of an object schema as a parameter. */
function parametersOf(schema: z.ZodType | undefined, place: 'path' | 'query'): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
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

/** What is sent (`input`), or what is answered (`output`). A preprocessed schema is described by what it leads to. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const described = schema instanceof z.ZodPreprocess ? (schema.out as z.ZodType) : schema;
  const { $schema, ...json } = z.toJSONSchema(described, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.format) delete jsonSchema.pattern; // the format says it, readably
    },
  });
  return json;
}
