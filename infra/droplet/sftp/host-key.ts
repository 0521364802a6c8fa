import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';

/** Fingerprints of the trusted host keys, as OpenSSH prints them; two during a key change. */
export type PinnedHostKeys = ReadonlySet<string>;

/** A key that a host has presented. */
export interface HostKey {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

/** Parses a host key as sent on the wire: RFC 4253, section 6.6. */
export function parseHostKey(blob: Buffer): HostKey {
  const typeLength = blob.readUInt32BE(0);
  return { type: blob.toString('latin1', 4, 4 + typeLength), fingerprint: fingerprintOf(blob) };
}

function fingerprintOf(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replaceAll('=', '')}`;
}

export function formatHostKeys(keys: readonly HostKey[]): string {
  return keys.map(({ type, fingerprint }) => `${fingerprint} (${type})`).join(', ');
}

/** Host key types and the signature algorithms of each, preferred first. */
const signatures = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
} as const satisfies Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>>;

export const hostKeyTypeCount = Object.keys(signatures).length;

/** The algorithms to offer so that a host presents a key of a type not seen yet. */
export function signaturesExcept(presented: readonly HostKey[]): ServerHostKeyAlgorithm[] {
  const isNew = ([type]: readonly [string, unknown]): boolean => !presented.some((key) => key.type === type);
  return Object.entries(signatures)
    .filter(isNew)
    .flatMap(([, algorithms]) => algorithms);
}

const publicKey = /(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-\w{1,40})\s{1,40}([A-Za-z0-9+/]+={0,2})/g;
const fingerprint = /SHA256:[A-Za-z0-9+/]{43}(?![A-Za-z0-9+/])/g;

/**
 * Parses the pinned keys: fingerprints (`SHA256:…`), public keys (`ssh-ed25519 AAAA…`) or lines of a known_hosts file,
 * one or several.
 * @returns null when the text holds none
 */
export function parsePinnedHostKeys(text: string): PinnedHostKeys | null {
  const keys = [...text.matchAll(publicKey)].map(([, blob = '']) =>
    fingerprintOf(Buffer.from(blob, 'base64')),
  );
  const pinned = new Set([...keys, ...(text.match(fingerprint) ?? [])]);
  return pinned.size > 0 ? pinned : null;
}
