import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { openApiDocument } from '../../functions/openapi/document.ts';

interface Operation {
  operationId: string;
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: object }[];
  requestBody?: { content: { 'application/json': { schema: { properties: object; required: string[] } } } };
}

interface OperationWithResponses extends Operation {
  responses: { 200: { content: { 'application/json'?: { schema: { $ref?: string } } } } };
}

interface Property {
  items?: { type?: string };
}

/** As clients get it. */
function document() {
  return JSON.parse(JSON.stringify(openApiDocument())) as {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
  };
}

test('The document is valid OpenAPI 3.1', async () => {
  const validator = new Validator();

  const result = await validator.validate(document());

  expect(result).toMatchObject({ valid: true });
  expect(validator.version).toBe('3.1');
});

test('The parameters of a route are those that its schema checks', () => {
  const usage = document().paths['/api/usage']?.get;

  expect(usage?.parameters?.map(({ name }) => name)).toEqual([
    'esiid',
    'from',
    'to',
    'channel',
    'resolution',
    'as_of',
    'limit',
    'cursor',
    'format',
  ]);
  expect(usage?.parameters?.filter(({ required }) => required).map(({ name }) => name)).toEqual(['esiid']);
  expect(usage?.parameters?.find(({ name }) => name === 'resolution')?.schema).toMatchObject({
    default: '15min',
    enum: ['15min', 'hour', 'day', 'week', 'month', 'year'],
  });
});

test('The document states which days may be requested', () => {
  const { '/api/usage': usage, '/api/admin/smt/raw-files': rawFiles } = document().paths;
  const days = [usage, rawFiles].flatMap((path) =>
    path?.get?.parameters?.filter(({ name }) => name === 'from' || name === 'to'),
  );

  expect(days).toHaveLength(4);
  for (const day of days) expect(day?.description).toContain('1990-01-01 to 2199-12-31');
});

test('An upload is described by the fields that raw-upload takes', () => {
  const upload = document().paths['/api/admin/smt/raw-upload']?.post;
  const schema = upload?.requestBody?.content['application/json'].schema;

  expect(Object.keys(schema?.properties ?? {})).toEqual([
    'filename',
    'size_bytes',
    'sha256',
    'source',
    'received_at',
    'content_type',
    'esiid',
    'dry_run',
  ]);
  expect(schema?.required).toEqual(['filename', 'size_bytes', 'sha256']);
});

test('No two routes have the same operation id', () => {
  const ids = Object.values(document().paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );

  expect(new Set(ids).size).toBe(ids.length);
});

test('Every JSON response has a name, and so has what its lists hold', () => {
  const { paths, components } = JSON.parse(JSON.stringify(openApiDocument()));
  const isUnnamedObject = (schema: { type?: string }) => schema.type === 'object';
  const responses = Object.values(paths as Record<string, Record<string, OperationWithResponses>>).flatMap(
    (path) =>
      Object.values(path).flatMap(({ operationId, responses: { 200: done } }) => {
        const schema = done.content['application/json']?.schema;
        return schema && !schema.$ref ? [operationId] : [];
      }),
  );
  const lists = Object.entries(
    components.schemas as Record<string, { properties?: Record<string, Property> }>,
  ).flatMap(([name, { properties = {} }]) =>
    Object.entries(properties)
      .filter(([, { items }]) => items && isUnnamedObject(items))
      .map(([property]) => `${name}.${property}`),
  );

  expect(responses).toEqual([]);
  expect(lists).toEqual([]);
});
