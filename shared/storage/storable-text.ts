/**
 * Text from files and their names in a form that Postgres can store: a text or jsonb value holds neither NUL nor half a surrogate
 * pair; both become U+FFFD.
 */
export function storableText(text: string): string;
export function storableText(text: string | null): string | null;
export function storableText(text: string | null): string | null {
  return text === null ? null : text.toWellFormed().replaceAll('\0', '\uFFFD');
}
