import { SaxesParser, type SaxesTagNS } from 'saxes';
import { FileError } from '../../archive/file-error.ts';
import { decodeXml } from './xml-text.ts';

/** Maximum depth of elements. */
const maxDepth = 64;
/** Maximum length of a text, a comment or a tag. */
const maxLength = 1024 * 1024;

/** A start tag. */
export interface XmlElement {
  readonly namespace: string;
  /** Name without its prefix. */
  readonly name: string;
  /** Value of an attribute without a namespace; null if there is none. */
  attribute(name: string): string | null;
}

/** Receives the parts of an XML document. */
export interface XmlHandler {
  open(element: XmlElement, line: number): void;
  /** @param text the text between the element's last child and its end tag */
  close(namespace: string, name: string, text: string): void;
}

/**
 * Reads an XML document by namespaces, in bounded memory. Document types are rejected, so that only XML's predefined
 * entities exist, and nothing is fetched.
 * @throws FileError `invalid-xml`, `truncated-xml`, `xml-doctype`
 */
export async function readXml(
  bytes: AsyncIterable<Buffer>,
  handler: XmlHandler,
  flush: () => Promise<void>,
): Promise<void> {
  const parser = new SaxesParser({ xmlns: true });
  let depth = 0;
  let text = '';
  let lengthSinceEvent = 0;
  let isEventSeen = false;
  parser.on('doctype', () => {
    throw doctype();
  });
  parser.on('opentag', (tag) => {
    isEventSeen = true;
    text = '';
    if (++depth > maxDepth) throw invalid(`more than ${maxDepth} elements within one another`, parser.line);
    handler.open(elementOf(tag), parser.line);
  });
  const add = (part: string): void => {
    isEventSeen = true;
    text += part;
    if (text.length > maxLength) throw tooLong(parser.line);
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', (tag) => {
    depth--;
    handler.close(tag.uri, tag.local, text);
    text = '';
  });
  for await (const chunk of decodeXml(bytes)) {
    isEventSeen = false;
    guard(() => parser.write(chunk), parser);
    lengthSinceEvent = isEventSeen ? 0 : lengthSinceEvent + chunk.length;
    if (lengthSinceEvent > maxLength) throw tooLong(parser.line);
    await flush();
  }
  if (depth > 0) throw truncated();
  guard(() => parser.close(), parser);
}

function guard(parse: () => void, parser: { readonly line: number }): void {
  try {
    parse();
  } catch (error) {
    // saxes has no error class of its own; the handler throws only FileError, or, from a bug, an error subclass.
    if (error instanceof FileError || !(error instanceof Error) || error.constructor !== Error) throw error;
    throw invalid(error.message.replace(/^\d+:\d+: /, ''), parser.line, error);
  }
}

function elementOf(tag: SaxesTagNS): XmlElement {
  return {
    namespace: tag.uri,
    name: tag.local,
    attribute: (name) => (Object.hasOwn(tag.attributes, name) ? (tag.attributes[name]?.value ?? null) : null),
  };
}

function invalid(what: string, line: number, cause?: Error): FileError {
  return new FileError(
    'invalid-xml',
    `The file is not well-formed XML: ${what} (line ${line}). None of it is loaded. Download it again.`,
    cause ? { cause } : undefined,
  );
}

function tooLong(line: number): FileError {
  return invalid('a text, a comment or a tag of more than a megabyte', line);
}

function truncated(): FileError {
  return new FileError('truncated-xml', 'The XML is truncated. None of it is loaded. Download it again.');
}

function doctype(): FileError {
  return new FileError(
    'xml-doctype',
    'The XML has a document type (<!DOCTYPE …>), which no Green Button file has. Its entities are not expanded, nor is ' +
      'anything fetched; nothing of the file is loaded.',
  );
}
