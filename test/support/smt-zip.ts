import { crc32, deflateRawSync } from 'node:zlib';

export interface ZipMember {
  readonly name: string;
  readonly bytes: Buffer;
  /** Its data, already deflated. */
  readonly deflated?: Buffer;
  /** Kept as it is instead of deflated. */
  readonly isStored?: boolean;
  /** Says it is encrypted with a password. */
  readonly isEncrypted?: boolean;
  /** Another compression method's number. */
  readonly method?: number;
  /** A checksum that does not fit. */
  readonly crc?: number;
  /** Its sizes follow its data, as of an archive that was written as a stream. */
  readonly hasDescriptor?: boolean;
  /** An extra field of its local header. */
  readonly localExtra?: Buffer;
  /** What follows it before the next entry. */
  readonly gap?: Buffer;
  /** The directory has no entry of it. */
  readonly isUnlisted?: boolean;
}

/** Where a member's data stands in the archive, to be damaged. */
export interface ZipArchive {
  readonly bytes: Buffer;
  readonly dataOffsets: readonly number[];
}

/** Writes a zip archive by the book (APPNOTE), byte for byte the same every time. */
export function writeZip(members: readonly ZipMember[]): ZipArchive {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const dataOffsets: number[] = [];
  let offset = 0;
  const add = (part: Buffer): void => {
    parts.push(part);
    offset += part.length;
  };
  for (const member of members) {
    const name = Buffer.from(member.name);
    const method = member.method ?? (member.isStored ? 0 : 8);
    const data = member.isStored ? member.bytes : (member.deflated ?? deflateRawSync(member.bytes));
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800 | (member.isEncrypted ? 1 : 0) | (member.hasDescriptor ? 8 : 0), 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(member.crc ?? crc32(member.bytes), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(member.bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const start = offset;
    const local = Buffer.from(common);
    if (member.hasDescriptor) local.fill(0, 10, 22);
    const extra = member.localExtra ?? Buffer.alloc(0);
    local.writeUInt16LE(extra.length, 24);
    add(Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), local, name, extra]));
    dataOffsets.push(offset);
    add(data);
    if (member.hasDescriptor)
      add(Buffer.concat([Buffer.from('PK\x07\x08', 'latin1'), common.subarray(10, 22)]));
    add(member.gap ?? Buffer.alloc(0));
    if (member.isUnlisted) continue;
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(start, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, name);
  }
  const directoryBytes = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  const listed = members.filter(({ isUnlisted }) => !isUnlisted).length;
  end.writeUInt16LE(listed, 8);
  end.writeUInt16LE(listed, 10);
  end.writeUInt32LE(directoryBytes.length, 12);
  end.writeUInt32LE(offset, 16);
  return { bytes: Buffer.concat([...parts, directoryBytes, end]), dataOffsets };
}

/** An archive of these files. */
export function zip(files: Readonly<Record<string, Buffer | string>>): Buffer {
  const members = Object.entries(files).map(([name, content]) => ({ name, bytes: Buffer.from(content) }));
  return writeZip(members).bytes;
}
