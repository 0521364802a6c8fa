import { compareKeys } from './encoding.ts';

/** The keys of a bucket in listing order. */
export class SortedKeys {
  private readonly keys: string[] = [];

  add(key: string): void {
    const index = this.indexFrom(key);
    if (this.keys[index] !== key) this.keys.splice(index, 0, key);
  }

  remove(key: string): void {
    const index = this.indexFrom(key);
    if (this.keys[index] === key) this.keys.splice(index, 1);
  }

  /** The keys that begin with `prefix`, from the first one not before `from`. */
  *from(from: string, prefix: string): Generator<string> {
    const start = this.indexFrom(compareKeys(from, prefix) > 0 ? from : prefix);
    for (let index = start; index < this.keys.length; index++) {
      const key = this.keys[index];
      if (!key?.startsWith(prefix)) return;
      yield key;
    }
  }

  private indexFrom(key: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
