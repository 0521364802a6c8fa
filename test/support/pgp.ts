import { readFileSync } from 'node:fs';
import { createMessage, encrypt, enums, readPrivateKey } from 'openpgp';
import { pgpOpener } from '../../shared/archive/pgp/pgp.ts';

const privateKey = readFileSync(new URL('../fixtures/pgp/new.key', import.meta.url), 'utf8');
const key = readPrivateKey({ armoredKey: privateKey });

/** Encrypts to a key of the fixtures, compressed as gpg does by default. */
export async function encrypted(plaintext: Buffer, format: 'binary' | 'armored'): Promise<Buffer> {
  const options = {
    message: await createMessage({ binary: new Uint8Array(plaintext) }),
    encryptionKeys: (await key).toPublic(),
    config: { preferredCompressionAlgorithm: enums.compression.zlib },
  };
  return Buffer.from(
    format === 'binary' ? await encrypt({ ...options, format }) : await encrypt({ ...options, format }),
  );
}

/** Opens what {@link encrypted} made. */
export const openPgp = pgpOpener({
  keysText: async () => JSON.stringify([{ privateKey }]),
  maxPlaintextBytes: 16 * 1024 ** 2,
});
