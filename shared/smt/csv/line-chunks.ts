import { FileError } from '../../archive/file-error.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;
/** A line longer than this is no row of a meter file; it is cut and the rest of it skipped. */
const maxLineBytes = 64 * 1024;

/** So many bytes tell what a file is. */
const headBytes = 4096;
/** So many bytes are decoded and split at once, however large the source's chunks are. */
const chunkBytes = 64 * 1024;

/** Some lines of a file, without their ends and without a byte order mark. */
export interface LineChunk {
  readonly lines: readonly string[];
  /** 1-based number of the first of them. */
  readonly firstLine: number;
  /** True for the head of a single line that was longer than 64 KB. */
  readonly isOverlong: boolean;
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** Tells the encoding by byte order mark, or by the zero bytes that ASCII text has in UTF-16. */
function detectEncoding(head: Buffer): { encoding: Encoding; bomBytes: number } {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', bomBytes: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', bomBytes: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', bomBytes: 2 };
  if (head.length >= 4 && head[0] && head[1] === 0 && head[2] && head[3] === 0)
    return { encoding: 'utf-16le', bomBytes: 0 };
  if (head.length >= 4 && head[0] === 0 && head[1] && head[2] === 0 && head[3])
    return { encoding: 'utf-16be', bomBytes: 0 };
  return { encoding: 'utf-8', bomBytes: 0 };
}

const knownBinaries: readonly (readonly [string, string])[] = [
  ['%PDF', 'a PDF document'],
  ['\x89PNG', 'a PNG picture'],
  ['\xff\xd8\xff', 'a JPEG picture'],
  ['\xd0\xcf\x11\xe0', 'an old Excel or Word document'],
  ['7z\xbc\xaf', 'a 7-Zip archive'],
  ['Rar!', 'a RAR archive'],
  ['BZh', 'a bzip2 archive'],
  ['\xfd7zXZ', 'an xz archive'],
  ['\x28\xb5\x2f\xfd', 'a Zstandard archive'],
];

/** A zero in the first line, or many control characters; a few of them elsewhere cost the rows they are in. */
function looksBinary(head: Buffer): boolean {
  const firstLine = head.subarray(0, endOfFirstLine(head) || head.length);
  const controls = head.filter((byte) => byte < 32 && !(byte >= 9 && byte <= 13)).length;
  return firstLine.includes(0) || controls * 20 > head.length;
}

function refuseBinary(head: Buffer): void {
  const start = head.toString('latin1', 0, 8);
  const known = knownBinaries.find(([magic]) => start.startsWith(magic));
  if (!known && !looksBinary(head)) return;
  throw new FileError(
    'binary-file',
    `This is ${known?.[1] ?? 'binary data'}, not text (it starts with the bytes ${head.toString('hex', 0, 8)}). ` +
      'Send the CSV, plain or as gzip or zip.',
  );
}

/** Decodes a byte stream to UTF-8 chunks of bounded size. @throws FileError `binary-file` for bytes that are no text */
async function* decode(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | null | undefined;
  let head: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    if (decoder === undefined) {
      head = Buffer.concat([head, chunk]);
      if (head.length >= headBytes) yield* start();
    } else {
      yield* decoded(chunk);
    }
  }
  if (decoder === undefined && head.length > 0) yield* start();
  if (decoder) yield Buffer.from(decoder.decode());

  function* start(): Generator<Buffer> {
    const { encoding, bomBytes } = detectEncoding(head);
    const text = head.subarray(bomBytes);
    decoder = encoding === 'utf-8' ? null : new TextDecoder(encoding);
    if (!decoder) refuseBinary(text.subarray(0, headBytes));
    yield* decoded(text);
  }

  function* decoded(bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const part = bytes.subarray(at, at + chunkBytes);
      yield decoder ? Buffer.from(decoder.decode(part, { stream: true })) : part;
    }
  }
}

/** Index after the last line end, or 0; a carriage return at the very end may be half a CRLF, so it waits. */
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
 * @throws FileError `binary-file`
 */
export async function* lineChunks(source: AsyncIterable<Buffer>): AsyncGenerator<LineChunk> {
  let carry: Buffer = Buffer.alloc(0);
  let firstLine = 1;
  let isSkipping = false;
  for await (const decoded of decode(source)) {
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
