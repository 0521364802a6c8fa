import { el } from '../lib/dom.ts';
import { type Cell, table } from '../lib/table.ts';
import type { Operation, Schema } from './openapi.ts';

/** What is sent or returned, by field: its name, type and meaning. */
export function fieldsTable(label: string, schema: Schema): HTMLElement {
  return table(label, { heads: ['Field', 'Type', 'Meaning'], rows: rowsOf(schema) }, 'wrap');
}

export function parametersTable(
  label: string,
  parameters: NonNullable<Operation['parameters']>,
): HTMLElement {
  const rows = parameters.map(({ name, in: place, required, description = '', schema }): Cell[] => [
    nameCell(name, required),
    el('span', {}, ...typeOf(schema), place === 'path' ? ', in the path' : ''),
    meaningOf({ ...schema, description }),
  ]);
  return table(label, { heads: ['Parameter', 'Type', 'Meaning'], rows }, 'wrap');
}

/** The fields of an object, and of the objects in it that have no name of their own. */
function rowsOf({ properties = {}, required = [] }: Schema, prefix = ''): Cell[][] {
  return Object.entries(properties).flatMap(([name, schema]) => [
    [
      nameCell(`${prefix}${name}`, required.includes(name)),
      el('span', {}, ...typeOf(schema)),
      meaningOf(schema),
    ],
    ...rowsOf(schema, `${prefix}${name}.`),
  ]);
}

function nameCell(name: string, isRequired: boolean): HTMLElement {
  return el(
    'span',
    {},
    el('code', {}, name),
    isRequired ? '' : el('span', { class: 'muted small' }, ' optional'),
  );
}

function meaningOf({ description = '', default: usual }: Schema): string {
  return usual === undefined ? description : `${description}${description && '. '}Default: ${usual}`;
}

/** A type in a line, named schemas as links: `list of CoveredDay`, `string or null`. */
export function typeOf(schema: Schema): (HTMLElement | string)[] {
  const { $ref: reference, enum: values, const: value, items, anyOf, oneOf, type, format } = schema;
  if (reference !== undefined) return [schemaLink(reference.slice(reference.lastIndexOf('/') + 1))];
  const choices = anyOf ?? oneOf;
  if (choices)
    return choices.flatMap((choice, index) => [...(index === 0 ? [] : [' or ']), ...typeOf(choice)]);
  if (values) return [values.map((one) => JSON.stringify(one)).join(', ')];
  if (value !== undefined) return [JSON.stringify(value)];
  if (items) return ['list of ', ...typeOf(items)];
  if (type === 'object' && typeof schema.additionalProperties === 'object') {
    return ['by name: ', ...typeOf(schema.additionalProperties)];
  }
  return [format === undefined ? (type ?? 'any') : `${type}, ${format}`];
}

function schemaLink(name: string): HTMLElement {
  return el('a', { href: `#schema-${name}` }, name);
}
