import { FileError } from '../../archive/file-error.ts';
import { detectEncoding } from '../text.ts';

/** Number of bytes in which an XML declaration names its encoding. */
const declarationBytes = 256;
/** Maximum number of bytes decoded at once. */
const chunkBytes = 64 * 1024;

/**
 * Decodes an XML document: by its byte order mark or the zero bytes of UTF-16, else by the encoding that its declaration
 * names, else as UTF-8 (XML 1.0, appendix F).
 * @throws FileError `invalid-xml` if the encoding is unknown, or bytes are invalid in it
 */
export async function* decodeXml(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let head: Buffer = Buffer.alloc(0);
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  for await (const chunk of source) {
    if (decoder) {
      yield* decoded(decoder, chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < declarationBytes) continue;
    decoder = decoderOf(head);
    yield* decoded(decoder, head);
  }
  if (!decoder) {
    decoder = decoderOf(head);
    yield* decoded(decoder, head);
  }
  yield decode(decoder);
}

function decoderOf(head: Buffer): InstanceType<typeof TextDecoder> {
  const { encoding } = detectEncoding(head);
  const declared = /^[^>]{0,200}?\sencoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(
    head.toString('latin1', 0, declarationBytes),
  )?.[1];
  // A document declared as UTF-16 whose bytes are not: its writer held it in memory as UTF-16.
  const isOwnName = encoding === 'utf-8' && declared && !/^(?:utf-?16|ucs-?2)/i.test(declared);
  const isMarked = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  try {
    return new TextDecoder(isOwnName && !isMarked ? declared : encoding, { fatal: true });
  } catch (cause) {
    throw new FileError('invalid-xml', `The XML declares an unknown encoding: "${declared}".`, {
      cause,
    });
  }
}

function* decoded(decoder: InstanceType<typeof TextDecoder>, bytes: Buffer): Generator<string> {
  for (let at = 0; at < bytes.length; at += chunkBytes)
    yield decode(decoder, bytes.subarray(at, at + chunkBytes));
}

function decode(decoder: InstanceType<typeof TextDecoder>, bytes?: Buffer): string {
  try {
    return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
  } catch (cause) {
    throw new FileError('invalid-xml', `The XML has bytes that are not valid ${decoder.encoding}.`, {
      cause,
    });
  }
}
