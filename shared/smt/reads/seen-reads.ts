/** How many reads of a member are remembered to find those that come again. */
const maxRemembered = 100_000;

/**
 * Finds the reads of a member that come again. A report has one row per meter and day or billing period; a few more are a
 * repetition or a contradiction, and several values under one key are no such report.
 */
export class SeenReads {
  /** Whether there were more reads than are remembered, so that those that came again are not all counted. */
  isFull = false;
  private readonly contentsOfKey = new Map<string, string[]>();

  /**
   * @param key what the report has one row for
   * @param content hash of the row's values
   * @returns how many other values the key came with before; `duplicate` if this one is among them
   */
  add(key: string, content: string): number | 'duplicate' {
    const contents = this.contentsOfKey.get(key);
    if (contents?.includes(content)) return 'duplicate';
    if (contents) return contents.push(content) - 1;
    if (this.contentsOfKey.size < maxRemembered) this.contentsOfKey.set(key, [content]);
    else this.isFull = true;
    return 0;
  }
}
