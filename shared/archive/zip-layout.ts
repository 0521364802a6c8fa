import type { Entry } from 'yauzl';
import { FileError } from './file-error.ts';
import type { ReadAhead } from './read-ahead.ts';

const localHeaderBytes = 30;
const hasDescriptorFlag = 0x08;
/** A data descriptor: sizes of 4 or 8 bytes, with a signature or without. */
const descriptorBytes: ReadonlySet<number> = new Set([12, 16, 20, 24]);
const scannedBytes = 64 * 1024;

/**
 * Checks that the entries of a zip archive are all that stands before its directory: an entry that the directory does not list
 * would be lost without a word, and entries that overlap unpack the same bytes again and again.
 * @param entries in the order of their places in the archive
 * @throws FileError `corrupt-zip`, and what the source throws
 */
export async function checkLayout(
  entries: readonly Entry[],
  directoryStart: number,
  source: ReadAhead,
): Promise<void> {
  const first = entries[0]?.relativeOffsetOfLocalHeader ?? directoryStart;
  await checkPadding(0, first, source);
  for (const [index, entry] of entries.entries()) {
    const next = entries[index + 1]?.relativeOffsetOfLocalHeader ?? directoryStart;
    const slack =
      next -
      entry.relativeOffsetOfLocalHeader -
      localHeaderBytes -
      entry.fileNameLength -
      entry.compressedSize;
    if (slack < 0) throw overlap(entry.relativeOffsetOfLocalHeader);
    // Less than another header takes is an extra field or a data descriptor.
    if (slack >= localHeaderBytes) await checkAfter(entry, next, source);
  }
}

/** Checks what stands between an entry's data and the next header. */
async function checkAfter(entry: Entry, next: number, source: ReadAhead): Promise<void> {
  const start = entry.relativeOffsetOfLocalHeader;
  const header = await source.bytes(start, start + localHeaderBytes);
  const end =
    start + localHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28) + entry.compressedSize;
  if (end > next) throw overlap(start);
  const hasDescriptor = (entry.generalPurposeBitFlag & hasDescriptorFlag) !== 0;
  if (!(hasDescriptor && descriptorBytes.has(next - end))) await checkPadding(end, next, source);
}

async function checkPadding(start: number, end: number, source: ReadAhead): Promise<void> {
  for (let at = start; at < end; at += scannedBytes) {
    const junk = (await source.bytes(at, Math.min(at + scannedBytes, end))).findIndex((byte) => byte !== 0);
    if (junk < 0) continue;
    throw new FileError(
      'corrupt-zip',
      `The zip archive has bytes that its directory does not list, at byte ${at + junk}. Send it again, written anew.`,
    );
  }
}

function overlap(start: number): FileError {
  return new FileError(
    'corrupt-zip',
    `The entry at byte ${start} of the zip archive overlaps the next one. Send it again, written anew.`,
  );
}
