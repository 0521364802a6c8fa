import { type Delimiter, type Fields, splitLine, splitLines } from './csv.ts';
import { endOfLine, endOfText, type LineChunk, lineBytes, lineChunks, linesOf } from './line-chunks.ts';
import type { RepeatedRows } from './repeated-rows.ts';
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
  source: RowSource,
  onRow: (row: Row) => void,
  afterChunk?: () => Promise<void>,
): Promise<void> {
  for await (const chunk of lineChunks(bytes)) {
    readLines(chunk, source, onRow);
    await afterChunk?.();
  }
}

function readLines(
  { lines, firstLine, isOverlong }: LineChunk,
  { delimiter, headerLine }: RowSource,
  onRow: (row: Row) => void,
): void {
  const fieldsOf = isOverlong ? () => null : splitLines(lines, delimiter);
  for (let i = Math.max(0, headerLine + 1 - firstLine); i < lines.length; i++) {
    const row = rowOf(fieldsOf(i), firstLine + i, lines[i] ?? '');
    if (row) onRow(row);
  }
}

/** @returns null for a blank row */
function rowOf(cells: Fields, lineNumber: number, text: string): Row | null {
  if (cells && cells[0]?.trim() === '' && isBlankRow(cells)) return null;
  return { cells: cells ?? [], lineNumber, text };
}

/** After so many rows of which none repeats another, the rest of a chunk is split at once, which is faster. */
const maxMisses = 32;

/**
 * {@link readRows}, except that rows that repeat the row before them go another way.
 * @param repeated takes them, as many as it can
 * @param onRow called with every other row, and the bytes that it is in if the next may repeat it
 */
export async function readOtherRows(
  bytes: AsyncIterable<Buffer>,
  source: RowSource,
  repeated: RepeatedRows,
  onRow: (row: Row, bytes?: Buffer, from?: number, to?: number) => void,
  afterChunk: () => Promise<void>,
): Promise<void> {
  const { delimiter, headerLine } = source;
  let lineNumber = 0;
  for await (const { bytes: chunk, isOverlong } of lineBytes(bytes)) {
    for (let at = 0; at < chunk.length; ) {
      at = repeated.take(chunk, at);
      lineNumber += repeated.taken;
      if (at >= chunk.length) break;
      if (repeated.misses > maxMisses && !isOverlong) {
        repeated.forget();
        const lines = linesOf(chunk.subarray(at));
        readLines({ lines, firstLine: lineNumber + 1, isOverlong }, source, onRow);
        lineNumber += lines.length;
        break;
      }
      const end = isOverlong ? chunk.length : endOfLine(chunk, at);
      lineNumber++;
      const text = chunk.toString('utf8', at, endOfText(chunk, at, end));
      const row =
        lineNumber > headerLine
          ? rowOf(isOverlong ? null : splitLine(text, delimiter), lineNumber, text)
          : null;
      if (row) onRow(row, chunk, at, end);
      at = end;
    }
    await afterChunk();
  }
}
