import type { OpenApi, Operation, Schema } from './api-page/openapi.ts';
import { operationCard } from './api-page/operation-card.ts';
import { fieldsTable, typeOf } from './api-page/schema-table.ts';
import { byId, el } from './lib/dom.ts';
import { failureNotice, markCurrentPage, skeleton } from './lib/page.ts';

/** /api: the OpenAPI document, for people. It needs no token. */
async function load(): Promise<void> {
  const place = byId('document', HTMLElement);
  place.replaceChildren(skeleton(6));
  try {
    const document = (await (await fetch('/api/openapi.json')).json()) as OpenApi;
    place.replaceChildren(...render(document));
    // The browser looked for the anchor before there was one.
    window.document.getElementById(location.hash.slice(1))?.scrollIntoView();
  } catch (error) {
    place.replaceChildren(failureNotice(error, () => void load()));
  }
}

/** The operations of a tag. */
interface Group {
  readonly name: string;
  readonly members: readonly {
    readonly method: string;
    readonly path: string;
    readonly operation: Operation;
  }[];
}

function render({ info, tags, paths, components }: OpenApi): HTMLElement[] {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const groups = tags.map(({ name }) => ({
    name,
    members: operations.filter(({ operation }) => operation.tags.includes(name)),
  }));
  const schemas = Object.entries(components.schemas).sort(([a], [b]) => a.localeCompare(b));
  return [
    el('p', {}, info.description),
    contents(groups),
    ...groups.flatMap(({ name, members }) => [
      el('h2', { class: 'group' }, name),
      ...members.map(({ method, path, operation }) => operationCard(method, path, operation)),
    ]),
    el('h2', { class: 'group' }, 'Schemas'),
    ...schemas.map(([name, schema]) => schemaCard(name, schema)),
  ];
}

function contents(groups: readonly Group[]): HTMLElement {
  const sections = groups.map(({ name, members }) => {
    const items = members.map(({ operation: { operationId: id, summary } }) =>
      el('li', {}, el('a', { href: `#${id}` }, id), ` ${summary}`),
    );
    return el('div', {}, el('h2', {}, name), el('ul', {}, ...items));
  });
  return el('nav', { class: 'card api-contents', 'aria-label': 'Operations' }, ...sections);
}

function schemaCard(name: string, schema: Schema): HTMLElement {
  const head = el(
    'div',
    { class: 'card-head' },
    el('h3', {}, name),
    schema.description && el('p', {}, schema.description),
  );
  const content = schema.properties ? fieldsTable(name, schema) : el('p', {}, ...typeOf(schema));
  return el('section', { class: 'card', id: `schema-${name}`, 'aria-label': name }, head, content);
}

markCurrentPage();
byId('content', HTMLElement).hidden = false;
void load();
