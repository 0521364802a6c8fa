import type { SftpSession } from './session.ts';

/** Every SFTP server returns this much in one response. */
const chunkBytes = 32 * 1024;
/** Requests in flight: one megabyte hides the round trip to the server. */
const chunksAhead = 32;

/** Reads an open file from the start, in order, with many requests in flight. Ends early where the file does. */
export async function* readAhead(
  session: SftpSession,
  handle: Buffer,
  sizeBytes: number,
): AsyncGenerator<Buffer> {
  const inFlight: Promise<Buffer>[] = [];
  let position = 0;
  const requestNext = (): void => {
    const length = Math.min(chunkBytes, sizeBytes - position);
    if (length <= 0) return;
    const chunk = readFully(session, handle, position, length);
    chunk.catch(() => undefined); // thrown where the chunk is awaited
    inFlight.push(chunk);
    position += length;
  };
  for (let ahead = 0; ahead < chunksAhead; ahead++) requestNext();
  for (let next = inFlight.shift(); next; next = inFlight.shift()) {
    const chunk = await next;
    requestNext();
    if (chunk.length > 0) yield chunk;
  }
}

/** A server may return less than requested before the end of the file. */
async function readFully(
  session: SftpSession,
  handle: Buffer,
  position: number,
  length: number,
): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const count = await readOnce(session, handle, buffer.subarray(filled), position + filled);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
}

/** @returns the number of bytes read; 0 at the end of the file */
function readOnce(session: SftpSession, handle: Buffer, into: Buffer, position: number): Promise<number> {
  return session.request((sftp, done) => sftp.read(handle, into, 0, into.length, position, done));
}
