import { Readable } from 'node:stream';
import { SmtFileError } from '../errors.ts';
import { type ByteSource, bufferSource } from './byte-source.ts';
import { gunzip } from './gzip.ts';
import type { UnpackBudget } from './limits.ts';
import { openZip } from './zip.ts';

/** A file to read: the raw file itself, or one that came out of it. */
export interface Member {
  readonly name: string;
  /** Its bytes; fails with SmtFileError if they cannot be had. */
  readonly bytes: AsyncIterable<Buffer>;
}

type ContainerKind = 'gzip' | 'zip' | null;

function containerKind(head: Buffer): ContainerKind {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  const isZip =
    head[0] === 0x50 &&
    head[1] === 0x4b &&
    (head[2] === 3 || head[2] === 5) &&
    (head[3] === 4 || head[3] === 6);
  return isZip ? 'zip' : null;
}

const headBytes = 4;

/**
 * Finds the files in a raw file, by content and not by name: itself, what its gzip holds, or a zip's members,
 * containers within containers included.
 * @throws SmtFileError when a container cannot be opened at all
 */
export async function* membersOf(
  source: ByteSource,
  name: string,
  budget: UnpackBudget,
  depth = 0,
): AsyncGenerator<Member> {
  const head = await collect(source.stream(0, Math.min(headBytes, source.sizeBytes)), headBytes);
  const kind = containerKind(head);
  if (kind === 'zip') {
    checkDepth(depth, budget);
    for (const entry of await openZip(source, budget)) {
      yield* membersOfStream(
        entry.open(),
        depth === 0 ? entry.name : `${name}/${entry.name}`,
        budget,
        depth + 1,
      );
    }
  } else if (kind === 'gzip') {
    checkDepth(depth, budget);
    const unpacked = gunzip(source.stream(0, source.sizeBytes), budget);
    yield* membersOfStream(unpacked, name.replace(/\.gz$/i, ''), budget, depth + 1);
  } else {
    yield { name, bytes: source.stream(0, source.sizeBytes) };
  }
}

/** The files in a stream that came out of a container. What fails to open is a member that fails to be read. */
async function* membersOfStream(
  stream: AsyncGenerator<Buffer>,
  name: string,
  budget: UnpackBudget,
  depth: number,
): AsyncGenerator<Member> {
  let kind: ContainerKind = null;
  let whole: AsyncIterable<Buffer> = stream;
  try {
    const head: Buffer[] = [];
    for (let length = 0; length < headBytes; ) {
      const next = await stream.next();
      if (next.done) break;
      head.push(next.value);
      length += next.value.length;
    }
    kind = containerKind(Buffer.concat(head));
    whole = concat(head, stream);
    if (kind) checkDepth(depth, budget);
    if (kind === 'zip') {
      const source = bufferSource(await collect(whole, budget.limits.maxNestedBytes));
      yield* membersOf(source, name, budget, depth);
      return;
    }
  } catch (error) {
    yield { name, bytes: failing(error) };
    return;
  }
  if (kind === 'gzip') {
    yield* membersOfStream(
      gunzip(Readable.from(whole), budget),
      name.replace(/\.gz$/i, ''),
      budget,
      depth + 1,
    );
  } else {
    yield { name, bytes: whole };
  }
}

function checkDepth(depth: number, budget: UnpackBudget): void {
  if (depth >= budget.limits.maxDepth) {
    throw new SmtFileError(
      'archive-too-deep',
      `Containers are nested more than ${budget.limits.maxDepth} deep.`,
    );
  }
}

async function* concat(head: readonly Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* head;
  yield* rest;
}

// biome-ignore lint/correctness/useYield: a stream whose first read fails
async function* failing(error: unknown): AsyncGenerator<Buffer> {
  throw error;
}

async function collect(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxBytes) {
      throw new SmtFileError(
        'archive-too-large',
        `An archive inside the archive has more than ${maxBytes} bytes. Send it by itself.`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
