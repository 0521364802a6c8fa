type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** Maximum number of bytes decoded at once, however large the source's chunks are. */
const chunkBytes = 64 * 1024;
/** Minimum number, however small they are: each chunk copies the line that it continues, which may be as long as a chunk. */
const minChunkBytes = 16 * 1024;

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
  return text.split(/[\r\n]/).find((line) => line.trim() !== '') ?? '';
}

/** Decodes a stream of text to UTF-8 in chunks of bounded size, without its byte order mark. */
export async function* decodeText(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | null | undefined;
  for await (const chunk of joined(source)) {
    let bytes = chunk;
    if (decoder === undefined) {
      const { encoding, bomBytes } = detectEncoding(chunk);
      decoder = encoding === 'utf-8' ? null : new TextDecoder(encoding);
      bytes = chunk.subarray(bomBytes);
    }
    if (!decoder) yield bytes;
    else
      for (let at = 0; at < bytes.length; at += chunkBytes)
        yield Buffer.from(decoder.decode(bytes.subarray(at, at + chunkBytes), { stream: true }));
  }
  if (decoder) yield Buffer.from(decoder.decode());
}

/** Joins small chunks. What came before an error of the source is passed on before it is thrown. */
async function* joined(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  const flushed = (): Buffer => {
    const [first] = parts;
    const bytes = parts.length === 1 && first ? first : Buffer.concat(parts);
    parts = [];
    length = 0;
    return bytes;
  };
  let failure: { readonly error: unknown } | null = null;
  try {
    for await (const chunk of source) {
      parts.push(chunk);
      length += chunk.length;
      if (length >= minChunkBytes) yield flushed();
    }
  } catch (error) {
    failure = { error };
  }
  if (length > 0) yield flushed();
  if (failure) throw failure.error;
}
