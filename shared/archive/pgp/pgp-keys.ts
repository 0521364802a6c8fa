import { decryptKey, type KeyID, type PrivateKey, readPrivateKeys } from 'openpgp';
import { FileError } from '../file-error.ts';

/** What a secret with PGP keys holds, as JSON: `[{"privateKey": "-----BEGIN PGP PRIVATE …", "passphrase": "…"}]`. */
interface PgpKeyEntry {
  readonly privateKey: string;
  /** Left out for a key that has none. */
  readonly passphrase?: string;
}

/** The private keys a message may be encrypted to. Several at once, so that a new one can be added before the old one retires. */
export interface PgpKeyRing {
  readonly keys: readonly PrivateKey[];
  /** Entries that could not be used, described without anything secret: `entry 2: the passphrase does not open the key`. */
  readonly unusable: readonly string[];
}

/** Reads the keys of a secret's text. An entry that cannot be used is named and does not stop the others. */
export async function readPgpKeys(secretText: string): Promise<PgpKeyRing> {
  const entries = parseEntries(secretText);
  if (typeof entries === 'string') return { keys: [], unusable: [entries] };
  const keys: PrivateKey[] = [];
  const unusable: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const opened = await openEntry(entry);
    if (typeof opened === 'string') unusable.push(`entry ${index + 1}: ${opened}`);
    else keys.push(...opened);
  }
  return { keys, unusable };
}

/** The entries, or what is wrong with the text. JSON.parse's message is not used: it quotes the text, a secret. */
function parseEntries(text: string): readonly PgpKeyEntry[] | string {
  const expected = 'the secret is not a JSON array of {"privateKey", "passphrase"}';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return expected;
  }
  if (!Array.isArray(json) || !json.every(isEntry)) return expected;
  return json;
}

function isEntry(value: unknown): value is PgpKeyEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { privateKey, passphrase } = value as Record<string, unknown>;
  return typeof privateKey === 'string' && (passphrase === undefined || typeof passphrase === 'string');
}

async function openEntry({ privateKey, passphrase }: PgpKeyEntry): Promise<PrivateKey[] | string> {
  let locked: PrivateKey[];
  try {
    locked = await readPrivateKeys({ armoredKeys: privateKey });
  } catch {
    return 'it is not an armored private key';
  }
  const open: PrivateKey[] = [];
  for (const key of locked) {
    if (key.isDecrypted()) open.push(key);
    else if (passphrase === undefined) return 'the key needs a passphrase and the entry has none';
    else {
      try {
        open.push(await decryptKey({ privateKey: key, passphrase }));
      } catch {
        return 'the passphrase does not open the key';
      }
    }
  }
  return open;
}

const hiddenRecipient = '0000000000000000';

/**
 * The keys of the ring that a message is encrypted to and that were valid when the message was received. (A message received
 * before a key expired stays readable: that is how old deliveries are normalized again.)
 * @throws FileError `pgp-key-missing`, `pgp-key-unusable`, `pgp-wrong-key`, `pgp-key-expired`
 */
export async function keysFor(
  recipients: readonly KeyID[],
  { keys, unusable }: PgpKeyRing,
  receivedAt: Date,
): Promise<readonly PrivateKey[]> {
  const names = recipients.map(hex).join(', ');
  const valid: PrivateKey[] = [];
  let expired: Date | undefined;
  for (const key of keys) {
    if (!recipients.some((id) => id.toHex() === hiddenRecipient || key.getKeys(id).length > 0)) continue;
    const expiresAt = await expiry(key, recipients);
    if (expiresAt > receivedAt) valid.push(key);
    else expired = expiresAt;
  }
  if (valid.length > 0) return valid;
  if (expired) {
    throw new FileError(
      'pgp-key-expired',
      `The PGP message is encrypted to the key ${names}, which expired on ${expired.toISOString()}, before the message ` +
        'came. Extend the key, put it in the secret of PGP keys again and replay the file; and have SMT use a key that is valid.',
    );
  }
  if (unusable.length > 0) {
    throw new FileError(
      'pgp-key-unusable',
      `The PGP message is encrypted to ${names}; of the secret of PGP keys, ${unusable.join('; ')}. Fix the secret and replay the file.`,
    );
  }
  if (keys.length === 0) {
    throw new FileError(
      'pgp-key-missing',
      `The file is encrypted with PGP, to the key ${names}, and the secret of PGP keys has none. Put the key there and replay the file.`,
    );
  }
  const known = keys.flatMap((key) => key.getKeys().map((each) => hex(each.getKeyID())));
  throw new FileError(
    'pgp-wrong-key',
    `The PGP message is encrypted to the key ${names}; the secret of PGP keys has ${known.join(', ')}. ` +
      'Add the key it is encrypted to and replay the file, or have SMT use one of these.',
  );
}

/** When the first of the key and the subkey in question expires. A damaged key without a readable expiry counts as never expiring. */
async function expiry(key: PrivateKey, recipients: readonly KeyID[]): Promise<Date> {
  const subkeys = key
    .getSubkeys()
    .filter((subkey) => recipients.some((id) => id.equals(subkey.getKeyID(), true)));
  const ends = await Promise.all([
    key.getExpirationTime(),
    ...subkeys.map((subkey) => subkey.getExpirationTime()),
  ]);
  const lastMs = 8.64e15; // the last instant that a Date can hold
  return new Date(Math.min(lastMs, ...ends.map((end) => (end instanceof Date ? end.getTime() : lastMs))));
}

function hex(id: KeyID): string {
  return id.toHex().toUpperCase();
}
