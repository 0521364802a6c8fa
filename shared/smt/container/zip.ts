import { pipeline, type Readable, Transform } from 'node:stream';
import { crc32 } from 'node:zlib';
import yauzl from 'yauzl';
import { SmtFileError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import type { UnpackBudget } from './limits.ts';

/** Reads ranges of a source for yauzl, and remembers when it was the source that failed and not the archive. */
class SourceReader extends yauzl.RandomAccessReader {
  private readonly source: ByteSource;
  sourceError: Error | undefined;

  constructor(source: ByteSource) {
    super();
    this.source = source;
  }

  override _readStreamForRange(startByte: number, endByte: number): Readable {
    const stream = this.source.stream(startByte, endByte);
    stream.once('error', (error) => {
      this.sourceError = error;
    });
    return stream;
  }
}

/** One file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  open(): AsyncGenerator<Buffer>;
}

const stored = 0;
const deflated = 8;

/**
 * Lists the files of a zip archive (folders and the side files of macOS left out) by its central directory.
 * @throws SmtFileError `truncated-archive`, `corrupt-zip`, `archive-too-large` (too many members), `spreadsheet`
 */
export async function openZip(source: ByteSource, budget: UnpackBudget): Promise<ZipEntry[]> {
  const reader = new SourceReader(source);
  try {
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, source.sizeBytes, { autoClose: false });
    const entries: yauzl.Entry[] = [];
    for await (const entry of zip.eachEntry()) {
      if (entries.length >= budget.limits.maxMembers) {
        throw new SmtFileError(
          'archive-too-large',
          `The archive has more than ${budget.limits.maxMembers} members. Split it.`,
        );
      }
      entries.push(entry);
    }
    if (entries.some((entry) => entry.fileName === '[Content_Types].xml')) {
      throw new SmtFileError('spreadsheet', 'This is an Excel workbook. Save it as CSV and send that.');
    }
    return entries.filter(isMember).map((entry) => ({
      name: entry.fileName,
      open: () => readEntry(zip, entry, reader, budget),
    }));
  } catch (error) {
    throw asZipError(
      error,
      reader,
      'truncated-archive',
      'The zip archive has no readable directory; it is cut off or corrupt',
    );
  }
}

function isMember(entry: yauzl.Entry): boolean {
  const { fileName } = entry;
  return !fileName.endsWith('/') && !fileName.startsWith('__MACOSX/') && !fileName.endsWith('.DS_Store');
}

function asZipError(
  error: unknown,
  reader: SourceReader,
  code: 'truncated-archive' | 'corrupt-zip',
  message: string,
): unknown {
  if (error instanceof SmtFileError) return error;
  if (reader.sourceError) return reader.sourceError;
  const detail = error instanceof Error ? error.message : String(error);
  return new SmtFileError(code, `${message} (${detail}). Send it again.`, { cause: error });
}

async function* readEntry(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  reader: SourceReader,
  budget: UnpackBudget,
): AsyncGenerator<Buffer> {
  if (entry.isEncrypted()) {
    throw new SmtFileError(
      'encrypted-archive',
      `${entry.fileName} is encrypted with a password. Send it without.`,
    );
  }
  if (entry.compressionMethod !== stored && entry.compressionMethod !== deflated) {
    throw new SmtFileError(
      'unsupported-archive',
      `${entry.fileName} is packed by method ${entry.compressionMethod}; only stored and deflate are read.`,
    );
  }
  try {
    const packed = await zip.openReadStreamPromise(entry);
    yield* pipeline(packed, budget.meter(), verifyCrc(entry), () => {}) as AsyncIterable<Buffer>;
  } catch (error) {
    throw asZipError(error, reader, 'corrupt-zip', `${entry.fileName} is corrupt in the archive`);
  }
}

/** Checks the member's CRC-32, which yauzl does not. */
function verifyCrc(entry: yauzl.Entry): Transform {
  let crc = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      crc = crc32(chunk, crc);
      done(null, chunk);
    },
    flush(done) {
      done(crc === entry.crc32 ? null : new Error('its checksum does not match'));
    },
  });
}
