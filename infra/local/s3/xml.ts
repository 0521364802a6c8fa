import { XMLParser } from 'fast-xml-parser';
import { S3Error } from './errors.ts';

/** An element's content: text, child elements by name, or several elements of one name. Undefined is left out. */
export type XmlContent =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlContent[]
  | { readonly [name: string]: XmlContent };

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** An S3 document with the given root element. */
export function xmlDocument(root: string, content: XmlContent): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">${inner(content)}</${root}>`;
}

/** An S3 error document; these carry no namespace. */
export function errorDocument(content: XmlContent): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner(content)}</Error>`;
}

function element(name: string, content: XmlContent): string {
  if (content === undefined) return '';
  if (Array.isArray(content)) return content.map((each) => element(name, each)).join('');
  return `<${name}>${inner(content)}</${name}>`;
}

function inner(content: XmlContent): string {
  if (content === undefined) return '';
  if (typeof content !== 'object') return escapeText(String(content));
  return Object.entries(content)
    .map(([name, child]) => element(name, child))
    .join('');
}

const named: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeText(text: string): string {
  // Control characters are allowed in keys but not in XML; S3 writes references to them all the same.
  return text.replace(/[&<>"\p{Cc}]/gu, (char) => named[char] ?? `&#x${char.charCodeAt(0).toString(16)};`);
}

const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false, // an ETag like 123e45 is not a number
  trimValues: false, // a key may begin or end in spaces
  htmlEntities: true, // some clients quote ETags as &#34;
  // 10,000 parts with a quoted ETag each; the document itself is bounded by the caller.
  processEntities: { maxTotalExpansions: 1_000_000, maxExpandedLength: 16_000_000 },
  isArray: (name) => name === 'Part' || name === 'Object',
});

/** A parsed element: text, or children by name. */
export type ParsedXml = string | { readonly [name: string]: ParsedXml | readonly ParsedXml[] | undefined };

/**
 * The elements called `child` below the root element `root`, each as its text children by name, with the root's own
 * text children. Throws `MalformedXML` when it is not that document.
 */
export function parseList(text: string, root: string, child: string) {
  const parsed = parse(text);
  const top = typeof parsed === 'object' ? parsed[root] : undefined;
  if (typeof top !== 'object' || Array.isArray(top)) throw malformed();
  const { [child]: found, ...rest } = top as Record<string, ParsedXml | readonly ParsedXml[] | undefined>;
  const items = (Array.isArray(found) ? found : []).map(textChildren);
  if (items.length === 0) throw malformed();
  return { items, root: textChildren(rest) };
}

function textChildren(parent: unknown): Partial<Record<string, string>> {
  if (typeof parent !== 'object' || parent === null) throw malformed();
  return Object.fromEntries(Object.entries(parent).filter(([, value]) => typeof value === 'string'));
}

function parse(text: string): ParsedXml {
  try {
    return parser.parse(text, true) as ParsedXml;
  } catch (cause) {
    throw malformed(cause);
  }
}

/** 400 MalformedXML. */
export function malformed(cause?: unknown): S3Error {
  return new S3Error(
    400,
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
    {},
    { cause },
  );
}
