import type { SftpSession } from './session.ts';

/** What every SFTP server answers in one piece. */
const chunkBytes = 32 * 1024;
/** Asked for before the first has come: a megabyte on the way hides the distance to the server. */
const chunksAhead = 32;

const endOfFile = 1; // SSH_FX_EOF

/** Reads the first bytes of an open file, in order, with many requests on the way. Ends early where the file does. */
export async function* readAhead(
  session: SftpSession,
  handle: Buffer,
  sizeBytes: number,
): AsyncGenerator<Buffer> {
  const onTheWay: Promise<Buffer>[] = [];
  let position = 0;
  const ask = (): void => {
    const length = Math.min(chunkBytes, sizeBytes - position);
    if (length <= 0) return;
    const chunk = readFully(session, handle, position, length);
    chunk.catch(() => undefined); // whoever reads up to it learns of it
    onTheWay.push(chunk);
    position += length;
  };
  for (let ahead = 0; ahead < chunksAhead; ahead++) ask();
  for (let next = onTheWay.shift(); next; next = onTheWay.shift()) {
    const chunk = await next;
    ask();
    if (chunk.length > 0) yield chunk;
  }
}

/** A server may answer with less than was asked for without being at the end. */
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

/** @returns how many bytes came; none at the end of the file */
async function readOnce(
  session: SftpSession,
  handle: Buffer,
  into: Buffer,
  position: number,
): Promise<number> {
  try {
    return await session.request<number>((sftp, done) =>
      sftp.read(handle, into, 0, into.length, position, done),
    );
  } catch (error) {
    if ((error as Error & { code?: number }).code === endOfFile) return 0;
    throw error;
  }
}
