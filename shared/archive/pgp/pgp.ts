import { Readable } from 'node:stream';
import {
  CompressedDataPacket,
  type Config,
  config,
  decrypt,
  decryptSessionKeys,
  LiteralDataPacket,
  type Message,
  PublicKeyEncryptedSessionKeyPacket,
  readMessage,
  SymEncryptedSessionKeyPacket,
  SymmetricallyEncryptedDataPacket,
} from 'openpgp';
import { type ByteSource, chunksSource } from '../byte-source.ts';
import { FileError, type FileErrorCode } from '../file-error.ts';
import type { UnpackBudget } from '../limits.ts';
import { keysFor, type PgpKeyRing, readPgpKeys } from './pgp-keys.ts';
import { PgpMessageBytes } from './pgp-message.ts';

export interface PgpOptions {
  /** Text of the secret with the private keys, read for each message so that a newly added key is used. */
  readonly keysText: () => Promise<string>;
  /** A plaintext is held in memory, and never on disk; those of messages within one another together. */
  readonly maxPlaintextBytes: number;
}

/**
 * Opens an encrypted delivery that was received at a time.
 * @param budget counts the plaintext
 * @returns the plaintext, whole and verified
 * @throws FileError with a code that begins with `pgp-`, and what the message's own stream throws
 */
export type OpenPgpMessage = (
  message: AsyncIterable<Buffer>,
  receivedAt: Date,
  budget: UnpackBudget,
) => Promise<ByteSource>;

type PgpMessage = Message<ReadableStream<Uint8Array>>;

const decryption: Config = {
  ...config,
  // Plaintext leaves openpgp.js before it is verified, which halves the memory; it leaves this module only after.
  allowUnauthenticatedStream: true,
  // Key flags restrict the sender, who encrypts; the operator has configured these keys for decryption.
  allowMissingKeyFlags: true,
  allowInsecureDecryptionWithSigningKeys: true,
};

/** Makes an opener of PGP messages for the private keys that a secret holds. */
export function pgpOpener({ keysText, maxPlaintextBytes }: PgpOptions): OpenPgpMessage {
  let last: { readonly text: string; readonly ring: Promise<PgpKeyRing> } | undefined;
  const currentKeys = async (): Promise<PgpKeyRing> => {
    const text = await keysText();
    if (last?.text !== text) last = { text, ring: readPgpKeys(text) };
    return last.ring;
  };
  return async (message, receivedAt, budget) => {
    const bytes = await PgpMessageBytes.open(message);
    try {
      const parsed = await parse(bytes);
      const decryptionKeys = await keysFor(parsed.getEncryptionKeyIDs(), await currentKeys(), receivedAt);
      const sessionKeys = await stage('pgp-tampered', () =>
        decryptSessionKeys({ message: parsed, decryptionKeys: [...decryptionKeys], config: decryption }),
      );
      const plaintext = await stage('pgp-tampered', async () => {
        const { data } = await decrypt({
          message: parsed,
          sessionKeys,
          format: 'binary',
          config: decryption,
        });
        return collect(data as AsyncIterable<Uint8Array>, maxPlaintextBytes, budget);
      });
      await bytes.checkEnd();
      return plaintext;
    } catch (error) {
      throw bytes.explain(error);
    } finally {
      await bytes.close();
    }
  };
}

const failures: Partial<Record<FileErrorCode, string>> = {
  'pgp-corrupt': 'The PGP message cannot be read: it is corrupt. Send the file again.',
  'pgp-tampered':
    'The PGP message fails its integrity check: it was changed or damaged in transit. None of it was used; send the file again.',
};

/** openpgp.js throws plain Errors, so the code depends on the step that failed. */
async function stage<T>(code: FileErrorCode, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError(code, failures[code] ?? code, { cause: error });
  }
}

async function parse(bytes: PgpMessageBytes): Promise<PgpMessage> {
  if (bytes.armor?.includes('SIGN')) throw signedOnly();
  if (bytes.armor?.includes('KEY')) {
    throw new FileError('pgp-not-a-message', `This is a PGP ${bytes.armor.toLowerCase()}, no message.`);
  }
  const stream = Readable.toWeb(Readable.from(bytes)) as ReadableStream<Uint8Array>;
  const message = await stage('pgp-corrupt', () =>
    bytes.armor === null
      ? readMessage({ binaryMessage: stream, config: decryption })
      : readMessage({ armoredMessage: stream.pipeThrough(latin1()), config: decryption }),
  );
  rejectUnencrypted(message);
  return message;
}

function latin1(): TransformStream<Uint8Array, string> {
  return new TransformStream({
    transform: (chunk, controller) => controller.enqueue(Buffer.from(chunk).toString('latin1')),
  });
}

function rejectUnencrypted(message: PgpMessage): void {
  const { packets } = message;
  const [first] = packets;
  const isCompressed = first instanceof CompressedDataPacket;
  if (isCompressed && message.unwrapCompressed().packets[0] instanceof LiteralDataPacket) {
    throw new FileError(
      'pgp-compressed-only',
      'The PGP message is compressed and not encrypted, so nothing vouches for it. Send it encrypted, or send what is in it.',
    );
  }
  if (first instanceof LiteralDataPacket) {
    throw new FileError(
      'pgp-not-encrypted',
      'The PGP message is not encrypted. Send it encrypted, or send what is in it.',
    );
  }
  if (packets.some((packet) => packet instanceof SymmetricallyEncryptedDataPacket)) {
    throw new FileError(
      'pgp-unprotected',
      'The PGP message has no integrity protection (MDC), so a change to it would go unseen. Have the sender switch it on.',
    );
  }
  const isToKeys = packets.some((packet) => packet instanceof PublicKeyEncryptedSessionKeyPacket);
  if (isToKeys) return;
  if (packets.some((packet) => packet instanceof SymEncryptedSessionKeyPacket)) {
    throw new FileError(
      'pgp-wrong-key',
      'The PGP message is encrypted with a passphrase and not to a key. Have it encrypted to the public key.',
    );
  }
  throw signedOnly();
}

function signedOnly(): FileError {
  return new FileError(
    'pgp-signed-only',
    'The PGP message is signed and not encrypted; signatures are not checked here. Send it encrypted, or send what is in it.',
  );
}

/** Keeps the chunks as they come: joining them would take their memory once more. */
async function collect(
  plaintext: AsyncIterable<Uint8Array>,
  maxBytes: number,
  budget: UnpackBudget,
): Promise<ByteSource> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of budget.meter(plaintext)) {
    length += chunk.length;
    if (budget.heldBytes + length > maxBytes) {
      throw new FileError(
        'pgp-too-large',
        `The PGP message holds more than ${maxBytes} bytes, which is what there is memory for. Give normalize more memory, or have the delivery split.`,
      );
    }
    chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
  }
  return chunksSource(chunks);
}
