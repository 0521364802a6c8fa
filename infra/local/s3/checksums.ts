import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

export const checksumAlgorithms = ['sha256', 'sha1', 'crc32', 'crc32c', 'crc64nvme'] as const;
/** The checksum algorithms S3 knows, spelled as in `x-amz-checksum-…`. */
export type ChecksumAlgorithm = (typeof checksumAlgorithms)[number];

/** Base64 by algorithm. */
export type Checksums = Partial<Record<ChecksumAlgorithm, string>>;

/** A checksum in progress. */
export interface RunningChecksum {
  update(bytes: Uint8Array): void;
  /** The digest's bytes, big-endian for CRCs; ends the checksum. */
  digest(): Buffer;
}

/** Starts a checksum; its digest in base64 is what the headers carry. */
export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  switch (algorithm) {
    case 'sha256':
    case 'sha1': {
      const hash = createHash(algorithm);
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
    }
    case 'crc32':
      return new Crc32();
    case 'crc32c':
      return new Crc32c();
    case 'crc64nvme':
      return new Crc64Nvme();
  }
}

function uint32(...words: number[]): Buffer {
  const buffer = Buffer.alloc(4 * words.length);
  for (const [index, word] of words.entries()) buffer.writeUInt32BE(word >>> 0, 4 * index);
  return buffer;
}

class Crc32 implements RunningChecksum {
  private crc = 0;

  update(bytes: Uint8Array): void {
    this.crc = crc32(bytes, this.crc);
  }

  digest(): Buffer {
    return uint32(this.crc);
  }
}

const castagnoli = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

class Crc32c implements RunningChecksum {
  private crc = -1;

  update(bytes: Uint8Array): void {
    let crc = this.crc;
    for (const byte of bytes) crc = (castagnoli[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
    this.crc = crc;
  }

  digest(): Buffer {
    return uint32(~this.crc);
  }
}

// A 64-bit CRC in two 32-bit halves: BigInt is some fifty times slower.
const nvmeHigh = new Uint32Array(256);
const nvmeLow = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit++) {
    const carry = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (carry) {
      high ^= 0x9a6c9329;
      low ^= 0xac4bc9b5;
    }
  }
  nvmeHigh[byte] = high;
  nvmeLow[byte] = low;
}

class Crc64Nvme implements RunningChecksum {
  private high = -1;
  private low = -1;

  update(bytes: Uint8Array): void {
    let { high, low } = this;
    for (const byte of bytes) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (nvmeLow[index] ?? 0);
      high = (high >>> 8) ^ (nvmeHigh[index] ?? 0);
    }
    this.high = high;
    this.low = low;
  }

  digest(): Buffer {
    return uint32(~this.high, ~this.low);
  }
}
