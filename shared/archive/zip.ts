import { pipeline, type Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import yauzl from 'yauzl';
import type { ByteSource } from './byte-source.ts';
import { FileError } from './file-error.ts';
import { type UnpackBudget, unpackedChunkBytes } from './limits.ts';
import { ReadAhead } from './read-ahead.ts';
import { checkLayout } from './zip-layout.ts';

/** Reads ranges of a source for yauzl, and records when the source failed rather than the archive. */
class SourceReader extends yauzl.RandomAccessReader {
  readonly source: ReadAhead;
  sourceError: Error | undefined;

  constructor(source: ByteSource) {
    super();
    this.source = new ReadAhead(source);
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
  /** @param budget counts the unpacked bytes */
  open(budget: UnpackBudget): AsyncGenerator<Buffer>;
}

const stored = 0;
const deflated = 8;

/** Maximum size of a directory, which is held in memory: names of a hundred bytes leave room for the limit of members. */
const maxDirectoryBytes = 32 * 1024 ** 2;

/**
 * Lists the files of a zip archive (folders and what file managers leave in them left out) by its central directory, in the order
 * of their places in the archive. Everything in the archive must be listed.
 * @throws FileError `truncated-archive`, `corrupt-zip`, `archive-too-large` (too many entries), `spreadsheet`, `office-document`
 */
export async function openZip(source: ByteSource, budget: UnpackBudget): Promise<ZipEntry[]> {
  const reader = new SourceReader(source);
  const zip = await findDirectory(reader, source.sizeBytes);
  const directoryStart = cursorOf(zip);
  const entries: yauzl.Entry[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      entries.push(entry);
      if (entries.length > budget.limits.maxMembers)
        throw tooLarge(`has more than ${budget.limits.maxMembers} entries, folders included`);
      if (cursorOf(zip) - directoryStart > maxDirectoryBytes)
        throw tooLarge(`has a directory of more than ${maxDirectoryBytes} bytes`);
    }
    rejectDocuments(entries.map(nameOf));
    await checkDirectoryEnd(reader, zip, source.sizeBytes);
    entries.sort((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader);
    await checkLayout(entries, directoryStart, reader.source);
  } catch (error) {
    throw asZipError(error, reader, 'corrupt-zip', 'The directory of the zip archive is corrupt');
  }
  return entries.flatMap((entry) => {
    const name = nameOf(entry);
    return isMember(name) ? [{ name, open: (spent) => readEntry(zip, entry, name, reader, spent) }] : [];
  });
}

/** @throws FileError `spreadsheet`, `office-document` */
function rejectDocuments(names: readonly string[]): void {
  const [, code, what] = documents.find(([member]) => names.some((name) => member.test(name))) ?? [];
  if (code) throw new FileError(code, `This is ${what}. Save it as CSV and send that.`);
}

/** Offset of the entry that yauzl reads next, which its types hide. */
function cursorOf(zip: yauzl.ZipFile): number {
  return (zip as unknown as { readonly readEntryCursor: number }).readEntryCursor;
}

function tooLarge(what: string): FileError {
  return new FileError('archive-too-large', `The archive ${what}. Split it.`);
}

/** Members by which an archive is a document of an office program; every one of Microsoft's has the last. */
const documents: readonly (readonly [
  member: RegExp,
  code: 'spreadsheet' | 'office-document',
  what: string,
])[] = [
  [/^word\//, 'office-document', 'a Word document'],
  [/^ppt\//, 'office-document', 'a PowerPoint presentation'],
  [/^mimetype$/, 'spreadsheet', 'an OpenDocument file, such as a spreadsheet of LibreOffice'],
  [/^Index\/Document\.iwa$/, 'spreadsheet', 'a document of Apple Numbers'],
  [/^\[Content_Types\]\.xml$/, 'spreadsheet', 'an Excel workbook'],
];

/** What may follow the last entry: the end record, that of ZIP64, or a signature of the directory. */
const afterDirectory = ['PK\x05\x06', 'PK\x06\x06', 'PK\x05\x05'];

/** Checks that the directory ends with its last entry: the entry count is its own claim, and it may have more. */
async function checkDirectoryEnd(reader: SourceReader, zip: yauzl.ZipFile, sizeBytes: number): Promise<void> {
  const end = cursorOf(zip);
  const signature = await reader.source.bytes(end, Math.min(end + 4, sizeBytes));
  if (afterDirectory.includes(signature.toString('latin1'))) return;
  throw new Error(`it declares ${zip.entryCount} entries but does not end after them, at byte ${end}`);
}

async function findDirectory(reader: SourceReader, sizeBytes: number): Promise<yauzl.ZipFile> {
  try {
    const options = { autoClose: false, decodeStrings: false };
    return await yauzl.fromRandomAccessReaderPromise(reader, sizeBytes, options);
  } catch (error) {
    throw asZipError(
      error,
      reader,
      'truncated-archive',
      'The zip archive has no directory at its end; it is cut off',
    );
  }
}

/**
 * A member's name, for display only and never a path to write to: `../`, a root or a drive letter in it is harmless and no
 * reason to reject the member, so yauzl's own check is off.
 */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: yauzl.Entry): string {
  return yauzl.getFileNameLowLevel(generalPurposeBitFlag, fileNameRaw, extraFields, false);
}

/** Files that file managers create in folders, and so in archives of them. */
const sideFiles: ReadonlySet<string> = new Set(['.ds_store', 'thumbs.db', 'desktop.ini']);

function isMember(name: string): boolean {
  const folders = name.split(/[/\\]/);
  const last = folders.pop() ?? '';
  return last !== '' && !sideFiles.has(last.toLowerCase()) && !folders.includes('__MACOSX');
}

function asZipError(
  error: unknown,
  reader: SourceReader,
  code: 'truncated-archive' | 'corrupt-zip',
  message: string,
): unknown {
  if (error instanceof FileError) return error;
  if (reader.sourceError) return reader.sourceError;
  const detail = error instanceof Error ? error.message : String(error);
  return new FileError(code, `${message} (${detail}). Send it again.`, { cause: error });
}

async function* readEntry(
  zip: yauzl.ZipFile,
  entry: yauzl.Entry,
  name: string,
  reader: SourceReader,
  budget: UnpackBudget,
): AsyncGenerator<Buffer> {
  if (entry.isEncrypted()) {
    throw new FileError('encrypted-archive', `${name} is encrypted with a password. Send it without.`);
  }
  if (entry.compressionMethod !== stored && entry.compressionMethod !== deflated) {
    throw new FileError(
      'unsupported-archive',
      `${name} is packed by method ${entry.compressionMethod}; only stored and deflate are read.`,
    );
  }
  try {
    const packed = await zip.openReadStreamPromise(entry, { decodeFileData: false });
    const unpacked =
      entry.compressionMethod === stored
        ? packed
        : pipeline(packed, createInflateRaw({ chunkSize: unpackedChunkBytes }), () => {});
    yield* verified(unpacked as AsyncIterable<Buffer>, entry, budget);
  } catch (error) {
    throw asZipError(error, reader, 'corrupt-zip', `${name} is corrupt in the archive`);
  }
}

/** Passes a member's bytes on within the budget, and checks their number and CRC-32. */
async function* verified(
  unpacked: AsyncIterable<Buffer>,
  entry: yauzl.Entry,
  budget: UnpackBudget,
): AsyncGenerator<Buffer> {
  let sizeBytes = 0;
  let crc = 0;
  for await (const chunk of budget.meter(unpacked)) {
    sizeBytes += chunk.length;
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (sizeBytes !== entry.uncompressedSize)
    throw new Error(`it has ${sizeBytes} bytes, where the directory says ${entry.uncompressedSize}`);
  if (crc !== entry.crc32) throw new Error('its checksum does not match');
}
