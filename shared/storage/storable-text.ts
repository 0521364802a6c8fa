/**
 * Text from files and their names in a form that Postgres can store: a text or jsonb value holds neither NUL nor half a surrogate
 * pair; both become U+FFFD.
 */
export function storableText(text: string): string;
export function storableText(text: string | null): string | null;
export function storableText(text: string | null): string | null {
  return text === null ? null : text.toWellFormed().replaceAll('\0', '\uFFFD');
}

/** {@link storableText} of at most this many characters, with an ellipsis if some are cut off: what a row may have to list. */
export function boundedText(text: string, maxLength: number): string;
export function boundedText(text: string | null, maxLength: number): string | null;
export function boundedText(text: string | null, maxLength: number): string | null {
  return storableText(text === null || text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`);
}
