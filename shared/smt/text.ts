import { SmtFileError } from './errors.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;
/** A line longer than this is no row of a meter file; it is cut and the rest of it skipped. */
const maxLineBytes = 64 * 1024;

/** Whole lines of a file, as UTF-8 without a byte order mark. */
export interface LineChunk {
  readonly bytes: Buffer;
  /** 1-based number of the first line in it. */
  readonly firstLine: number;
  /** True for the head of a single line that was longer than 64 KB. */
  readonly overlong: boolean;
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

function refuseBinary(head: Buffer): void {
  const start = head.toString('latin1', 0, 8);
  const known = knownBinaries.find(([magic]) => start.startsWith(magic));
  if (!known && !head.includes(0)) return;
  throw new SmtFileError(
    'binary-file',
    `This is ${known?.[1] ?? 'binary data'}, not text (it starts with the bytes ${head.toString('hex', 0, 8)}). ` +
      'Send the CSV, plain or as gzip or zip.',
  );
}

/** Decodes a byte stream to UTF-8 chunks. @throws SmtFileError `binary-file` for bytes that are no text */
async function* decode(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | null | undefined;
  let held: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    if (decoder === undefined) {
      held = Buffer.concat([held, chunk]);
      if (held.length < 4) continue;
      yield* start();
    } else {
      yield decoder ? Buffer.from(decoder.decode(chunk, { stream: true })) : chunk;
    }
  }
  if (decoder === undefined && held.length > 0) yield* start();
  if (decoder) yield Buffer.from(decoder.decode());

  function* start(): Generator<Buffer> {
    const { encoding, bomBytes } = detectEncoding(held);
    const text = held.subarray(bomBytes);
    decoder = encoding === 'utf-8' ? null : new TextDecoder(encoding);
    if (!decoder) refuseBinary(text.subarray(0, 4096));
    yield decoder ? Buffer.from(decoder.decode(text, { stream: true })) : text;
  }
}

/** Index after the last line end, or 0; a carriage return at the very end may be half a CRLF, so it waits. */
function endOfLines(bytes: Buffer): number {
  const lastNewline = bytes.lastIndexOf(newline);
  if (lastNewline >= 0) return lastNewline + 1;
  const lastReturn = bytes.lastIndexOf(carriageReturn, bytes.length - 2);
  return lastReturn + 1;
}

/** How many lines end in these bytes: LF, CRLF and lone CR each end one. */
function countLineEnds(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count++;
  for (let at = bytes.indexOf(carriageReturn); at >= 0; at = bytes.indexOf(carriageReturn, at + 1)) {
    if (bytes[at + 1] !== newline) count++;
  }
  return count;
}

/**
 * Cuts a byte stream into chunks of whole lines, decoded to UTF-8, in bounded memory.
 * @throws SmtFileError `binary-file`
 */
export async function* lineChunks(source: AsyncIterable<Buffer>): AsyncGenerator<LineChunk> {
  let carry: Buffer = Buffer.alloc(0);
  let firstLine = 1;
  let skipping = false;
  for await (const decoded of decode(source)) {
    let bytes = carry.length > 0 ? Buffer.concat([carry, decoded]) : decoded;
    if (skipping) {
      const end = bytes.indexOf(newline);
      if (end < 0) {
        carry = Buffer.alloc(0);
        continue;
      }
      bytes = bytes.subarray(end + 1);
      skipping = false;
      firstLine++;
    }
    const end = endOfLines(bytes);
    if (end > 0) {
      const whole = bytes.subarray(0, end);
      yield { bytes: whole, firstLine, overlong: false };
      firstLine += countLineEnds(whole);
    }
    carry = bytes.subarray(end);
    if (carry.length > maxLineBytes) {
      yield { bytes: carry.subarray(0, maxLineBytes), firstLine, overlong: true };
      carry = Buffer.alloc(0);
      skipping = true;
    }
  }
  if (carry.length > 0) yield { bytes: carry, firstLine, overlong: false };
}
