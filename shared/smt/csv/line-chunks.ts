import { decodeText } from '../text.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;
/** Maximum length of a line: no row of a meter file is longer. The rest of a longer line is skipped. */
const maxLineBytes = 64 * 1024;

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
  const at = bytes.findIndex((byte) => byte === newline || byte === carriageReturn);
  if (at < 0 || (bytes[at] === carriageReturn && at === bytes.length - 1)) return 0;
  return bytes[at] === carriageReturn && bytes[at + 1] === newline ? at + 2 : at + 1;
}

/** LF, CRLF and lone CR each end a line. */
function splitLines(bytes: Buffer): string[] {
  const text = bytes.toString();
  const lines = bytes.includes(carriageReturn) ? text.split(/\r\n|\n|\r/) : text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/**
 * Cuts a byte stream into lines, decoded and a chunk at a time, in bounded memory.
 */
export async function* lineChunks(source: AsyncIterable<Buffer>): AsyncGenerator<LineChunk> {
  let carry: Buffer = Buffer.alloc(0);
  let firstLine = 1;
  let isSkipping = false;
  for await (const decoded of decodeText(source)) {
    let bytes = carry.length > 0 ? Buffer.concat([carry, decoded]) : decoded;
    if (isSkipping) {
      const end = endOfFirstLine(bytes);
      if (end === 0) {
        carry = bytes.at(-1) === carriageReturn ? bytes.subarray(-1) : Buffer.alloc(0);
        continue;
      }
      bytes = bytes.subarray(end);
      isSkipping = false;
      firstLine++;
    }
    const end = endOfLastLine(bytes);
    if (end > 0) {
      const lines = splitLines(bytes.subarray(0, end));
      yield { lines, firstLine, isOverlong: false };
      firstLine += lines.length;
    }
    carry = bytes.subarray(end);
    if (carry.length > maxLineBytes) {
      yield { lines: [carry.toString('utf8', 0, maxLineBytes)], firstLine, isOverlong: true };
      isSkipping = true;
      carry = carry.at(-1) === carriageReturn ? carry.subarray(-1) : Buffer.alloc(0);
    }
  }
  if (carry.length > 0 && !isSkipping) yield { lines: splitLines(carry), firstLine, isOverlong: false };
}
