import type { Delimiter } from './csv.ts';
import { splitLines } from './csv.ts';
import { lineChunks } from './line-chunks.ts';
import { isBlankRow } from './row-parser.ts';
import type { Row } from './rows.ts';

/** Where the rows of a table begin, and the delimiter of their cells. */
export interface RowSource {
  readonly delimiter: Delimiter;
  /** 1-based line of the header; the rows follow it. */
  readonly headerLine: number;
}

/**
 * Reads the rows below a header, blank ones left out. A line with broken quoting, or one that is too long, is a row
 * without cells.
 * @param onRow called with a row that is valid only during the call
 * @param afterChunk awaited after each chunk
 */
export async function readRows(
  bytes: AsyncIterable<Buffer>,
  { delimiter, headerLine }: RowSource,
  onRow: (row: Row) => void,
  afterChunk?: () => Promise<void>,
): Promise<void> {
  for await (const { lines, firstLine, isOverlong } of lineChunks(bytes)) {
    const fieldsOf = isOverlong ? () => null : splitLines(lines, delimiter);
    for (let i = Math.max(0, headerLine + 1 - firstLine); i < lines.length; i++) {
      const cells = fieldsOf(i);
      if (cells && cells[0]?.trim() === '' && isBlankRow(cells)) continue;
      onRow({ cells: cells ?? [], lineNumber: firstLine + i, text: lines[i] ?? '' });
    }
    await afterChunk?.();
  }
}
