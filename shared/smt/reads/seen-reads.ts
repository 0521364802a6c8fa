/** Maximum number of reads of a member remembered to find duplicates. */
const maxRemembered = 100_000;

/**
 * Finds duplicate reads of a member. A report has one row per meter and day or billing period; a few more are duplicates or
 * conflicts, and with many values under one key the file is not such a report.
 */
export class SeenReads {
  /** Whether there were more reads than are remembered, so that not all duplicates are counted. */
  isFull = false;
  private readonly contentsOfKey = new Map<string, string[]>();

  /**
   * @param key what the report has one row for
   * @param content hash of the row's values
   * @returns how many other values the key had before; `duplicate` if this one is among them
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
