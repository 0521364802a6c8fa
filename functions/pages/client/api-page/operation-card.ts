import { el } from '../lib/dom.ts';
import type { Operation } from './openapi.ts';
import { fieldsTable, parametersTable, typeOf } from './schema-table.ts';

/** One operation: its address, what it takes, and what it returns. */
export function operationCard(method: string, path: string, operation: Operation): HTMLElement {
  const {
    operationId: id,
    summary,
    description,
    security,
    parameters = [],
    requestBody,
    responses,
  } = operation;
  const body = requestBody?.content['application/json']?.schema;
  const parts = [
    description !== undefined && el('p', {}, description),
    security?.length === 0 && el('p', { class: 'muted small' }, 'Needs no token.'),
    parameters.length > 0 && parametersTable(`Parameters of ${id}`, parameters),
    body && fieldsTable(`Body of ${id}`, body),
    el(
      'ul',
      { class: 'responses' },
      ...Object.entries(responses).map(([status, response]) => responseItem(status, response)),
    ),
  ];
  return el(
    'section',
    { class: 'card operation', id, 'aria-label': id },
    el(
      'div',
      { class: 'card-head' },
      el('h3', {}, el('code', {}, `${method.toUpperCase()} ${path}`)),
      el('p', {}, summary),
    ),
    ...parts.filter((part) => part instanceof HTMLElement),
  );
}

function responseItem(status: string, { description, content }: Operation['responses'][string]): HTMLElement {
  const types = Object.entries(content ?? {}).flatMap(([mediaType, { schema }]) => [
    ': ',
    ...(mediaType === 'application/json' ? typeOf(schema) : [mediaType]),
  ]);
  const name = status === 'default' ? 'Other' : status;
  return el('li', {}, el('strong', {}, name), ` ${description ?? 'Rejected or failed'}`, ...types);
}
