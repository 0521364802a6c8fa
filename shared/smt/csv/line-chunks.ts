import { decodeText } from '../text.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;
/** Maximum length of a line: no row of a meter file is longer. The rest of a longer line is skipped. */
const maxLineBytes = 64 * 1024;

/** Some lines of a file as bytes, without a byte order mark. */
export interface LineBytes {
  /** Whole lines with their ends; the last of a file may have none. */
  readonly bytes: Buffer;
  /** True for the head of a single line that was longer than 64 KB. */
  readonly isOverlong: boolean;
}

/** Some lines of a file, without their ends and without a byte order mark. */
export interface LineChunk {
  readonly lines: readonly string[];
  /** 1-based number of the first of them. */
  readonly firstLine: number;
  /** True for the head of a single line that was longer than 64 KB. */
  readonly isOverlong: boolean;
}

/** Index after the last line end, or 0; a carriage return at the very end may be half a CRLF, so it is held back. */
function endOfLastLine(bytes: Buffer): number {
  const lastNewline = bytes.lastIndexOf(newline);
  return (lastNewline >= 0 ? lastNewline : bytes.subarray(0, -1).lastIndexOf(carriageReturn)) + 1;
}

/** Index after the first line end, or 0 as above. */
function endOfFirstLine(bytes: Buffer): number {
  const newlineAt = bytes.indexOf(newline);
  const returnAt = (newlineAt < 0 ? bytes : bytes.subarray(0, newlineAt)).indexOf(carriageReturn);
  const at = returnAt < 0 ? newlineAt : returnAt;
  if (at < 0 || (bytes[at] === carriageReturn && at === bytes.length - 1)) return 0;
  return bytes[at] === carriageReturn && bytes[at + 1] === newline ? at + 2 : at + 1;
}

/** Index after the line that begins at a position: LF, CRLF and lone CR each end one. */
export function endOfLine(bytes: Buffer, from: number): number {
  const newlineAt = bytes.indexOf(newline, from);
  const end = newlineAt < 0 ? bytes.length : newlineAt + 1;
  const returnAt = bytes.subarray(from, end).indexOf(carriageReturn);
  return returnAt < 0 || from + returnAt === newlineAt - 1 ? end : from + returnAt + 1;
}

/** Index of the line end of a line. */
export function endOfText(bytes: Buffer, from: number, to: number): number {
  let end = to;
  if (end > from && bytes[end - 1] === newline) end--;
  if (end > from && bytes[end - 1] === carriageReturn) end--;
  return end;
}

/** LF, CRLF and lone CR each end a line. */
export function linesOf(bytes: Buffer): string[] {
  const text = bytes.toString();
  const lines = bytes.includes(carriageReturn) ? text.split(/\r\n|\n|\r/) : text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Cuts a byte stream into whole lines of UTF-8, a chunk at a time, in bounded memory. */
export async function* lineBytes(source: AsyncIterable<Buffer>): AsyncGenerator<LineBytes> {
  let carry: Buffer = Buffer.alloc(0);
  let isSkipping = false;
  for await (const decoded of decodeText(source)) {
    let bytes = decoded;
    const begun = carry.length > 0 && !isSkipping ? endOfFirstLine(decoded) : 0;
    if (begun > 0 && carry.at(-1) !== carriageReturn) {
      // Of a chunk, only the line that the one before began is copied.
      yield { bytes: Buffer.concat([carry, decoded.subarray(0, begun)]), isOverlong: false };
      bytes = decoded.subarray(begun);
    } else if (carry.length > 0) bytes = Buffer.concat([carry, decoded]);
    if (isSkipping) {
      const end = endOfFirstLine(bytes);
      if (end === 0) {
        carry = bytes.at(-1) === carriageReturn ? bytes.subarray(-1) : Buffer.alloc(0);
        continue;
      }
      bytes = bytes.subarray(end);
      isSkipping = false;
    }
    const end = endOfLastLine(bytes);
    if (end > 0) yield { bytes: bytes.subarray(0, end), isOverlong: false };
    carry = bytes.subarray(end);
    if (carry.length > maxLineBytes) {
      yield { bytes: carry.subarray(0, maxLineBytes), isOverlong: true };
      isSkipping = true;
      carry = carry.at(-1) === carriageReturn ? carry.subarray(-1) : Buffer.alloc(0);
    }
  }
  if (carry.length > 0 && !isSkipping) yield { bytes: carry, isOverlong: false };
}

/** Cuts a byte stream into lines, decoded and a chunk at a time, in bounded memory. */
export async function* lineChunks(source: AsyncIterable<Buffer>): AsyncGenerator<LineChunk> {
  let firstLine = 1;
  for await (const { bytes, isOverlong } of lineBytes(source)) {
    const lines = isOverlong ? [bytes.toString()] : linesOf(bytes);
    yield { lines, firstLine, isOverlong };
    firstLine += lines.length;
  }
}
