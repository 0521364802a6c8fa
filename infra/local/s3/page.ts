import { compareKeys } from './encoding.ts';

/** One page of a listing: entries, and common prefixes, each for all keys below it; both count. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly commonPrefixes: readonly string[];
  readonly truncated: boolean;
  /** The last key or common prefix on the page, after which the next page starts. */
  readonly lastKey: string | undefined;
  /** The last entry, if a common prefix did not come after it. */
  readonly lastItem: Item | undefined;
}

/**
 * Takes a page of at most `maxKeys` from `entries`, which are in key order. With a delimiter, keys are rolled up to
 * their part before it; a rolled-up prefix not after `marker` was on an earlier page.
 */
export function takePage<Item extends { readonly key: string }>(
  entries: Iterable<Item>,
  options: { prefix: string; delimiter: string; marker: string; maxKeys: number },
): Page<Item> {
  const { prefix, delimiter, marker, maxKeys } = options;
  const items: Item[] = [];
  const commonPrefixes: string[] = [];
  let lastKey: string | undefined;
  let lastItem: Item | undefined;
  for (const item of maxKeys === 0 ? [] : entries) {
    const cut = delimiter === '' ? -1 : item.key.indexOf(delimiter, prefix.length);
    const commonPrefix = cut < 0 ? undefined : item.key.slice(0, cut + delimiter.length);
    if (commonPrefix !== undefined) {
      if (commonPrefix === commonPrefixes.at(-1)) continue;
      if (marker !== '' && compareKeys(commonPrefix, marker) <= 0) continue;
    }
    if (items.length + commonPrefixes.length === maxKeys) {
      return { items, commonPrefixes, truncated: true, lastKey, lastItem };
    }
    if (commonPrefix === undefined) items.push(item);
    else commonPrefixes.push(commonPrefix);
    lastKey = commonPrefix ?? item.key;
    lastItem = commonPrefix === undefined ? item : undefined;
  }
  return { items, commonPrefixes, truncated: false, lastKey, lastItem };
}
