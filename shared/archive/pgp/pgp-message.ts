import { FileError } from '../file-error.ts';
import { PacketWalk, startsWithPgpPacket } from './pgp-packets.ts';

/** Number of bytes of a file's head that show whether it is a PGP message. */
const pgpHeadBytes = 64;

const armorHeader = /^(?:\xef\xbb\xbf)?\s*-----BEGIN PGP ([A-Z ]+?)(?:,|-----)/;
const armorFooter = /-----END PGP [A-Z ]+-----/;
const armorStart = '-----BEGIN PGP MESSAGE';
/** The footer line, and what mail programs may put after it. */
const footerBytes = 1024;

/** Whether a file begins like OpenPGP: armored or binary, a message or something else. */
export function startsLikePgp(head: Buffer): boolean {
  return armorHeader.test(head.toString('latin1')) || startsWithPgpPacket(head);
}

/**
 * The bytes of a PGP message as openpgp.js reads them. When opening fails, they show whether the bytes ended too early or
 * could not be read at all.
 */
export class PgpMessageBytes {
  /** The type in the armor header: `MESSAGE`, `SIGNED MESSAGE`, `PUBLIC KEY BLOCK`; null for a binary message. */
  readonly armor: string | null;
  private readonly head: Buffer;
  private readonly rest: AsyncIterator<Buffer>;
  private readonly walk = new PacketWalk();
  private tail: Buffer = Buffer.alloc(0);
  private hasEnded = false;
  private offset = 0;
  private secondArmorAt: number | null = null;
  private sourceError: { readonly error: unknown } | undefined;

  private constructor(head: Buffer, rest: AsyncIterator<Buffer>) {
    this.armor = armorHeader.exec(head.toString('latin1'))?.[1] ?? null;
    // openpgp.js does not find an armor after a byte order mark.
    this.head = this.armor === null ? head : head.subarray(head.indexOf('-----BEGIN PGP '));
    this.rest = rest;
  }

  static async open(bytes: AsyncIterable<Buffer>): Promise<PgpMessageBytes> {
    const rest = bytes[Symbol.asyncIterator]();
    let head: Buffer = Buffer.alloc(0);
    while (head.length < pgpHeadBytes) {
      const next = await rest.next();
      if (next.done) break;
      head = Buffer.concat([head, next.value]);
    }
    return new PgpMessageBytes(head, rest);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (let chunk = this.head; ; ) {
        this.watch(chunk);
        yield chunk;
        const next = await this.rest.next();
        if (next.done) break;
        chunk = next.value;
      }
      this.hasEnded = true;
    } catch (error) {
      this.sourceError = { error };
      throw error;
    }
  }

  /**
   * Reads the rest, and checks that nothing follows the message: openpgp.js opens the first of several messages and silently
   * ignores the others.
   * @throws FileError `pgp-corrupt`
   */
  async checkEnd(): Promise<void> {
    if (!this.hasEnded) {
      for (;;) {
        const next = await this.rest.next();
        if (next.done) break;
        this.watch(next.value);
      }
      this.hasEnded = true;
    }
    const second = this.armor === null ? this.walk.secondMessageAt : this.secondArmorAt;
    if (second === null) return;
    throw new FileError(
      'pgp-corrupt',
      `Another PGP message begins at byte ${second}, and only one can be opened. Send them as files of their own.`,
    );
  }

  /** Closes the stream if the message was not read to its end. */
  async close(): Promise<void> {
    if (!this.hasEnded) await this.rest.return?.();
  }

  /** The root cause of a failure: first an error of the source, then bytes that end too early, then the error itself. */
  explain(error: unknown): unknown {
    if (this.sourceError) return this.sourceError.error;
    if (!this.hasEnded || this.isWhole || !(error instanceof FileError)) return error;
    return new FileError('pgp-truncated', 'The PGP message ends too early. Send the whole file.', {
      cause: error,
    });
  }

  private watch(chunk: Buffer): void {
    if (this.armor === null) this.walk.push(chunk);
    else {
      const text = Buffer.concat([this.tail, chunk]);
      const from = this.offset === 0 ? 1 : Math.max(0, this.tail.length - armorStart.length + 1);
      const start = text.indexOf(armorStart, from);
      if (start >= 0) this.secondArmorAt ??= this.offset - this.tail.length + start;
      this.tail = text.subarray(-footerBytes);
    }
    this.offset += chunk.length;
  }

  private get isWhole(): boolean {
    return this.armor === null ? this.walk.endsWhole : armorFooter.test(this.tail.toString('latin1'));
  }
}
