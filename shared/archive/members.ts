import { type ByteSource, bufferSource } from './byte-source.ts';
import { FileError } from './file-error.ts';
import { gunzip } from './gzip.ts';
import type { UnpackBudget } from './limits.ts';
import { startsLikePgp } from './pgp/pgp-message.ts';
import { openZip } from './zip.ts';

/** A file to read: the raw file itself, or one unpacked from it. */
export interface Member {
  readonly name: string;
  /** Its first 64 KB, or all that can be read. */
  readonly head: Head;
  /** All its bytes. Every iteration reads them from the first on; it fails with FileError if they cannot be read. */
  readonly bytes: AsyncIterable<Buffer>;
}

/** The first bytes of a file. */
interface Head {
  readonly bytes: Buffer;
  /** Whether these are all the bytes there are. */
  readonly isWhole: boolean;
  /** The error that ended reading, if any. */
  readonly error: FileError | null;
}

/** How many bytes show what a file is. */
const headBytes = 64 * 1024;

/**
 * Opens an encrypted file.
 * @param budget counts the plaintext while it is decrypted, so that a bomb is stopped early
 * @throws FileError when it cannot be opened
 */
export type Decrypt = (bytes: AsyncIterable<Buffer>, budget: UnpackBudget) => Promise<ByteSource>;

/** Dependencies for opening a raw file. */
export interface Unpacking {
  readonly budget: UnpackBudget;
  /** Without it, PGP messages are unreadable members. */
  readonly decrypt?: Decrypt | undefined;
}

type ContainerKind = 'gzip' | 'zip' | 'pgp' | null;

function containerKind(head: Buffer): ContainerKind {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  const isZip =
    head[0] === 0x50 &&
    head[1] === 0x4b &&
    (head[2] === 3 || head[2] === 5) &&
    (head[3] === 4 || head[3] === 6);
  if (isZip) return 'zip';
  return startsLikePgp(head) ? 'pgp' : null;
}

/** The `._name` that macOS puts beside a file on foreign disks: its attributes, in a binary form of their own. */
function isAppleDouble(name: string, head: Buffer): boolean {
  return /(?:^|[/\\])\._[^/\\]*$/.test(name) && head.subarray(0, 4).toString('hex') === '00051607';
}

/**
 * Finds the files in a raw file, by content and not by name: itself, what its PGP message or gzip holds, or a zip's
 * members, containers within containers included.
 * @throws FileError when a container cannot be opened at all
 */
export function membersOf(source: ByteSource, name: string, unpacking: Unpacking): AsyncGenerator<Member> {
  const open = (): AsyncIterator<Buffer> => source.stream(0, source.sizeBytes)[Symbol.asyncIterator]();
  return membersOfStream({ name, stream: open(), reopen: open, source, depth: 0 }, unpacking);
}

/** Bytes that may be a file or hold some. */
interface Content {
  readonly name: string;
  readonly stream: AsyncIterator<Buffer>;
  /** Opens the same bytes again, with a separate budget: they are already counted. */
  readonly reopen: () => AsyncIterator<Buffer>;
  /** The same bytes with random access, if available; a zip needs it. */
  readonly source?: ByteSource;
  readonly depth: number;
}

/**
 * The members of a content. Closes its stream when the caller is done: a reader that stops early, or never starts, does not
 * close the underlying stream, and an S3 connection that is never closed is lost to all later files.
 */
async function* membersOfStream(content: Content, unpacking: Unpacking): AsyncGenerator<Member> {
  try {
    yield* openContent(content, unpacking);
  } finally {
    await content.stream.return?.();
  }
}

async function* openContent(content: Content, unpacking: Unpacking): AsyncGenerator<Member> {
  const { name, stream, depth } = content;
  const { budget, decrypt } = unpacking;
  const head = await readHead(stream);
  const whole = bytesOf(content, head);
  const kind = containerKind(head.bytes);
  if (!kind) {
    if (depth === 0 || !isAppleDouble(name, head.bytes)) yield { name, head, bytes: whole };
    return;
  }
  if (depth >= budget.limits.maxDepth) {
    throw new FileError(
      'archive-too-deep',
      `Containers are nested more than ${budget.limits.maxDepth} deep.`,
    );
  }
  if (kind === 'gzip') {
    const unpacked = gunzip(whole, budget);
    const reopen = (): AsyncIterator<Buffer> => gunzip(whole, budget.renewed());
    const unpackedName = name.replace(/\.gz$/i, '');
    yield* membersOfStream({ name: unpackedName, stream: unpacked, reopen, depth: depth + 1 }, unpacking);
    return;
  }
  if (kind === 'pgp') {
    if (!decrypt) throw keyMissing();
    const source = await decrypt(whole, budget);
    const open = (): AsyncIterator<Buffer> => source.stream(0, source.sizeBytes)[Symbol.asyncIterator]();
    const openedName = name.replace(/\.(?:asc|gpg|pgp)$/i, '');
    const opened = { name: openedName, stream: open(), reopen: open, source, depth: depth + 1 };
    budget.heldBytes += source.sizeBytes;
    try {
      yield* membersOfStream(opened, unpacking);
    } finally {
      budget.heldBytes -= source.sizeBytes;
    }
    return;
  }
  if (content.source) await stream.return?.();
  const source = content.source ?? bufferSource(await collect(whole, budget.limits.maxNestedBytes));
  for (const entry of await openZip(source, budget)) {
    const entryName = depth === 0 ? entry.name : `${name}/${entry.name}`;
    const reopen = (): AsyncIterator<Buffer> => entry.open(budget.renewed());
    yield* guarded({ name: entryName, stream: entry.open(budget), reopen, depth: depth + 1 }, unpacking);
  }
}

/** Members of an archive's member: if it fails to open, it is one unreadable member, and the archive is still read. */
async function* guarded(content: Content, unpacking: Unpacking): AsyncGenerator<Member> {
  try {
    yield* membersOfStream(content, unpacking);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const head = { bytes: Buffer.alloc(0), isWhole: false, error };
    yield { name: content.name, head, bytes: bytesOf(content, head) };
  }
}

function keyMissing(): FileError {
  return new FileError(
    'pgp-key-missing',
    'The file is encrypted with PGP, and there is no key to decrypt it.',
  );
}

/** @throws errors not caused by the file; a FileError is returned with the bytes read before it */
async function readHead(stream: AsyncIterator<Buffer>): Promise<Head> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    while (length < headBytes) {
      const next = await stream.next();
      if (next.done) return { bytes: Buffer.concat(chunks), isWhole: true, error: null };
      chunks.push(next.value);
      length += next.value.length;
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return { bytes: Buffer.concat(chunks), isWhole: false, error };
  }
  return { bytes: Buffer.concat(chunks), isWhole: false, error: null };
}

/** The bytes of a content whose head has been read: the first iteration continues its stream, later ones reopen it. */
function bytesOf({ stream, reopen }: Content, head: Head): AsyncIterable<Buffer> {
  let isStreamUsed = false;
  return {
    async *[Symbol.asyncIterator]() {
      if (isStreamUsed && !head.isWhole) {
        yield* { [Symbol.asyncIterator]: reopen };
        return;
      }
      isStreamUsed = true;
      yield head.bytes;
      if (head.error) throw head.error;
      if (!head.isWhole) yield* { [Symbol.asyncIterator]: () => stream };
    },
  };
}

async function collect(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new FileError(
        'archive-too-large',
        `An archive inside the archive has more than ${maxBytes} bytes. Send it by itself.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
