/**
 * A copy of a string that does not reference its parent. In V8 a slice keeps the whole parent string alive, here a chunk of the
 * file, so every string that outlives its chunk has to be copied.
 */
export function copiedString(text: string): string {
  return Buffer.from(text).toString();
}
