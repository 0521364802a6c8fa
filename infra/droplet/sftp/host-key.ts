import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';

/** Fingerprints of the host keys that are the right ones, as OpenSSH prints them; two while one takes over. */
export type PinnedHostKeys = ReadonlySet<string>;

/** A key that a host has shown. */
export interface HostKey {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

/** Reads a host key as it goes over the wire: RFC 4253, 6.6. */
export function hostKeyOf(blob: Buffer): HostKey {
  const typeLength = blob.readUInt32BE(0);
  return { type: blob.toString('latin1', 4, 4 + typeLength), fingerprint: fingerprintOf(blob) };
}

function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** For people. */
export function nameHostKeys(keys: readonly HostKey[]): string {
  return keys.map(({ type, fingerprint }) => `${fingerprint} (${type})`).join(', ');
}

/** The types of host keys and what a host may sign with them, the best first. */
const signatures = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
} as const satisfies Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>>;

/** How many there are. */
export const hostKeyTypes = Object.keys(signatures).length;

/** What to ask a host for, to see a key of a type that it has not shown yet. */
export function signaturesBesides(shown: readonly HostKey[]): ServerHostKeyAlgorithm[] {
  const isNew = ([type]: readonly [string, unknown]): boolean => !shown.some((key) => key.type === type);
  return Object.entries(signatures)
    .filter(isNew)
    .flatMap(([, algorithms]) => algorithms);
}

const publicKey = /(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-\S+)\s+([A-Za-z0-9+/]+={0,2})/g;
const fingerprint = /SHA256:[A-Za-z0-9+/]{43}(?![A-Za-z0-9+/])/g;

/**
 * Reads what pins a host: fingerprints (`SHA256:…`), public keys (`ssh-ed25519 AAAA…`) or lines of a known_hosts file,
 * one or several.
 * @returns null when there is none in it
 */
export function parseHostKeys(text: string): PinnedHostKeys | null {
  const keys = [...text.matchAll(publicKey)].map(([, blob = '']) =>
    fingerprintOf(Buffer.from(blob, 'base64')),
  );
  const pinned = new Set([...keys, ...(text.match(fingerprint) ?? [])]);
  return pinned.size > 0 ? pinned : null;
}
