/**
 * The same text with memory of its own. A part of a string keeps the whole string alive (in V8), here a chunk of the file:
 * whatever is kept beyond its chunk is copiedString from it.
 */
export function copiedString(text: string): string {
  return Buffer.from(text).toString();
}
