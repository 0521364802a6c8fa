import { FileError } from '../archive/file-error.ts';
import type { MemberHead } from './form.ts';
import { detectEncoding, firstLine } from './text.ts';

/** Number of bytes that show whether a file is text. */
const textHeadBytes = 4096;

/** POSIX: what every header of a tar archive holds after the member's name, mode, owner, size and time. */
const tarMagic = 'ustar';
const tarMagicAt = 257;

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

/** Rejects a member before any form checks it. @throws FileError `empty-file`, `binary-file`, `unsupported-archive` */
export function rejectNoText(head: MemberHead): void {
  if (head.isWhole && head.text.trim() === '') throw new FileError('empty-file', 'The file is empty.');
  if (head.bytes.toString('latin1', tarMagicAt, tarMagicAt + tarMagic.length) === tarMagic)
    throw new FileError(
      'unsupported-archive',
      'This is a tar archive. Send the files in it one by one, or as a zip.',
    );
  const { encoding, bomBytes } = detectEncoding(head.bytes);
  const bytes = head.bytes.subarray(bomBytes, bomBytes + textHeadBytes);
  const start = bytes.toString('latin1', 0, 8);
  const known = knownBinaries.find(([magic]) => start.startsWith(magic));
  if (!known && (encoding !== 'utf-8' || !looksBinary(bytes))) return;
  throw new FileError(
    'binary-file',
    `This is ${known?.[1] ?? 'binary data'}, not text (it starts with the bytes ${bytes.toString('hex', 0, 8)}). ` +
      'Send the CSV, plain or as gzip or zip.',
  );
}

/** A NUL in the first line, or many control characters; a few of them elsewhere only reject their rows. */
function looksBinary(bytes: Buffer): boolean {
  const lineEnd = bytes.findIndex((byte) => byte === 0x0a || byte === 0x0d);
  const firstLineBytes = bytes.subarray(0, lineEnd < 0 ? bytes.length : lineEnd);
  const controls = bytes.filter((byte) => byte < 32 && !(byte >= 9 && byte <= 13)).length;
  return firstLineBytes.includes(0) || controls * 20 > bytes.length;
}

/** The error of a text member that no form recognizes. */
export function unrecognized(head: MemberHead): FileError {
  const found = firstLine(head.text).trim().slice(0, 200);
  return new FileError(
    'unknown-header',
    `The first line is not the header of an interval file or a report of daily or monthly reads: "${found}". Expected columns for a time and kWh, such as ` +
      'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION; daily reads have START_READING and END_READING beside USAGE_DATE and USAGE_KWH.',
  );
}
