type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** Maximum number of bytes decoded at once, however large the source's chunks are. */
const chunkBytes = 64 * 1024;
/** Number of bytes that show the encoding. */
const encodingHeadBytes = 4;

/** Finds the encoding by its byte order mark, or by the zero bytes that ASCII text has in UTF-16. */
export function detectEncoding(head: Buffer): { encoding: Encoding; bomBytes: number } {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', bomBytes: 3 };
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', bomBytes: 2 };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', bomBytes: 2 };
  if (head.length >= 4 && head[0] && head[1] === 0 && head[2] && head[3] === 0)
    return { encoding: 'utf-16le', bomBytes: 0 };
  if (head.length >= 4 && head[0] === 0 && head[1] && head[2] === 0 && head[3])
    return { encoding: 'utf-16be', bomBytes: 0 };
  return { encoding: 'utf-8', bomBytes: 0 };
}

/** Decodes the first bytes of a file. */
export function decodeHead(head: Buffer): string {
  const { encoding, bomBytes } = detectEncoding(head);
  return new TextDecoder(encoding).decode(head.subarray(bomBytes), { stream: true });
}

/** The first line that is not blank; '' if there is none. */
export function firstLine(text: string): string {
  return /[^\r\n]*[^\s][^\r\n]*/.exec(text)?.[0] ?? '';
}

/** Decodes a stream of text to UTF-8 in chunks of bounded size, without its byte order mark. */
export async function* decodeText(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | null | undefined;
  let head: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    if (decoder === undefined) {
      head = Buffer.concat([head, chunk]);
      if (head.length >= encodingHeadBytes) yield* start();
    } else {
      yield* decoded(chunk);
    }
  }
  if (decoder === undefined && head.length > 0) yield* start();
  if (decoder) yield Buffer.from(decoder.decode());

  function* start(): Generator<Buffer> {
    const { encoding, bomBytes } = detectEncoding(head);
    decoder = encoding === 'utf-8' ? null : new TextDecoder(encoding);
    yield* decoded(head.subarray(bomBytes));
  }

  function* decoded(bytes: Buffer): Generator<Buffer> {
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      const part = bytes.subarray(at, at + chunkBytes);
      yield decoder ? Buffer.from(decoder.decode(part, { stream: true })) : part;
    }
  }
}
