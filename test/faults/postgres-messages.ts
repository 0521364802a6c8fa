export interface PostgresMessage {
  /** One character; empty for the client's first message, which has none. */
  readonly type: string;
  /** The whole message, type and length included. */
  readonly bytes: Buffer;
}

/** Cuts one direction of a Postgres connection into its messages (type, length, content). No TLS. */
export class PostgresMessages {
  private rest: Buffer = Buffer.alloc(0);
  private isFirst: boolean;

  constructor(side: 'client' | 'server') {
    this.isFirst = side === 'client';
  }

  /** The messages that this chunk completes. */
  *split(chunk: Buffer): Generator<PostgresMessage> {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    for (;;) {
      const headerSize = this.isFirst ? 4 : 5;
      if (this.rest.length < headerSize) return;
      const size = this.rest.readInt32BE(headerSize - 4) + headerSize - 4;
      if (this.rest.length < size) return;
      const bytes = this.rest.subarray(0, size);
      this.rest = this.rest.subarray(size);
      const type = this.isFirst ? '' : String.fromCharCode(bytes[0] ?? 0);
      this.isFirst = false;
      yield { type, bytes };
    }
  }
}
