/** Maximum body of a response: Lambda's are 6 MB, in which the body is a JSON string beside status and headers. */
export const maxBodyBytes = 6 * 1024 ** 2 - 64 * 1024;
/** What a list may take of it. */
const maxListBytes = 5 * 1024 ** 2;

/** Bytes of a text as a JSON string. */
export function jsonStringBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

/** How many of the rows fit a response, from the first on; one at least, so that a list that is read in pages goes on. */
export function countThatFit(rows: readonly unknown[], maxBytes = maxListBytes): number {
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    bytes += jsonStringBytes(JSON.stringify(row));
    if (bytes > maxBytes) return Math.max(1, index);
  }
  return rows.length;
}
