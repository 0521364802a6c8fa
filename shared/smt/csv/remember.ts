import { copiedString } from './copied-string.ts';

const cacheSize = 20_000;
/** Maximum length of a cached text: longer ones are not labels or values, and could fill the memory. */
const maxRememberedLength = 40;

/** Caches parse results by trimmed text: meter files repeat their labels and values all the time. */
export function remember<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined && !known.has(text)) {
      value = parse(text.trim());
      if (text.length > maxRememberedLength) return value;
      if (known.size >= cacheSize) known.clear();
      known.set(copiedString(text), value);
    }
    return value as T;
  };
}
