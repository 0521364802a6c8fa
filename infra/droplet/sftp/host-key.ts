import { createHash } from 'node:crypto';

/** Fingerprints of the host keys that are the right ones, as OpenSSH prints them; two while one takes over. */
export type PinnedHostKeys = ReadonlySet<string>;

/** Fingerprint of a host key as it goes over the wire: `SHA256:…`. */
export function fingerprintOf(hostKey: Buffer): string {
  return `SHA256:${createHash('sha256').update(hostKey).digest('base64').replace(/=+$/, '')}`;
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
