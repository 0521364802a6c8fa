import { randomBytes } from 'node:crypto';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A new pair of keys. */
export function newCredentials(): Credentials {
  const hex = (sizeBytes: number) => randomBytes(sizeBytes).toString('hex').toUpperCase();
  return { accessKeyId: `LOCAL${hex(8)}`, secretAccessKey: hex(20) };
}
