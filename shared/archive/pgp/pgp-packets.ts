/**
 * The outermost layer of OpenPGP (RFC 9580, section 4.2): how long each packet is, and so whether a message is whole.
 * openpgp.js reads the content of the packets.
 */

/** What has to follow the header for a packet of this kind to be one, and not text that begins with the same byte. */
const firstBodyByte: ReadonlyMap<number, readonly number[]> = new Map([
  [1, [3, 6]], // public-key encrypted session key: versions
  [2, [3, 4, 5, 6]], // signature: versions
  [3, [4, 5, 6]], // passphrase encrypted session key: versions
  [4, [3, 6]], // one-pass signature: versions
  [8, [0, 1, 2, 3]], // compressed data: algorithms
  [10, [0x50]], // marker: "PGP"
  [11, [...Buffer.from('btul1m')]], // literal data: formats
  [18, [1, 2]], // encrypted and integrity protected data: versions
  [20, [1]], // the same, as GnuPG 2.3 wrote it
]);

/** Packets of encrypted data: the last of a message. */
const encryptedData = new Set([9, 18, 20]);

const isHighBitSet = (byte: number): boolean => byte >= 0x80;

interface Length {
  readonly headerBytes: number;
  readonly bodyBytes: number;
  /** More parts of the same packet follow this one, each with its own length. */
  readonly isPartial: boolean;
}

/** Reads a length that starts at an offset; null when more bytes are needed. */
function newFormatLength(bytes: Buffer, offset: number): Length | null {
  const first = bytes[offset];
  if (first === undefined) return null;
  if (first < 192) return { headerBytes: offset + 1, bodyBytes: first, isPartial: false };
  if (first < 224) {
    const second = bytes[offset + 1];
    if (second === undefined) return null;
    return { headerBytes: offset + 2, bodyBytes: ((first - 192) << 8) + second + 192, isPartial: false };
  }
  if (first < 255) return { headerBytes: offset + 1, bodyBytes: 2 ** (first & 0x1f), isPartial: true };
  if (bytes.length < offset + 5) return null;
  return { headerBytes: offset + 5, bodyBytes: bytes.readUInt32BE(offset + 1), isPartial: false };
}

function oldFormatLength(bytes: Buffer): Length | null {
  const lengthType = (bytes[0] ?? 0) & 0x03;
  if (lengthType === 3) return { headerBytes: 1, bodyBytes: Number.POSITIVE_INFINITY, isPartial: false };
  const size = 2 ** lengthType;
  if (bytes.length < 1 + size) return null;
  return { headerBytes: 1 + size, bodyBytes: bytes.readUIntBE(1, size), isPartial: false };
}

function packetLength(bytes: Buffer): Length | null {
  return (bytes[0] ?? 0) & 0x40 ? newFormatLength(bytes, 1) : oldFormatLength(bytes);
}

function packetTag(first: number): number {
  return first & 0x40 ? first & 0x3f : (first & 0x3c) >> 2;
}

/** Whether bytes begin like an OpenPGP message that is not armored. */
export function startsWithPgpPacket(head: Buffer): boolean {
  const first = head[0];
  if (first === undefined || !isHighBitSet(first)) return false;
  const length = packetLength(head);
  const firstOfBody = length && head[length.headerBytes];
  return firstOfBody != null && (firstBodyByte.get(packetTag(first))?.includes(firstOfBody) ?? false);
}

/** Tracks the packets of a message while its bytes are read, to determine at the end whether it is complete. */
export class PacketWalk {
  private header: Buffer = Buffer.alloc(0);
  private bodyBytesLeft = 0;
  private isPartial = false;
  private offset = 0;
  private hasData = false;
  /** Offset of a packet after the encrypted data, which is the last of a message: another message was appended. */
  secondMessageAt: number | null = null;

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.bodyBytesLeft > 0) {
        const step = Math.min(this.bodyBytesLeft, chunk.length - at);
        this.bodyBytesLeft -= step;
        at += step;
        continue;
      }
      if (this.header.length === 0 && !this.isPartial && this.hasData)
        this.secondMessageAt ??= this.offset + at;
      this.header = Buffer.concat([this.header, chunk.subarray(at, at + 1)]);
      at += 1;
      const length = this.isPartial ? newFormatLength(this.header, 0) : packetLength(this.header);
      if (!length) continue;
      if (!this.isPartial) this.hasData ||= encryptedData.has(packetTag(this.header[0] ?? 0));
      this.header = Buffer.alloc(0);
      this.bodyBytesLeft = length.bodyBytes;
      this.isPartial = length.isPartial;
    }
    this.offset += chunk.length;
  }

  /** False when the last packet's length is more than the bytes received. A packet of unknown length ends where the bytes do. */
  get endsWhole(): boolean {
    const isBodyWhole = this.bodyBytesLeft === 0 || this.bodyBytesLeft === Number.POSITIVE_INFINITY;
    return isBodyWhole && this.header.length === 0 && !this.isPartial;
  }
}
