import type { OpenPgpMessage } from '../../shared/archive/pgp/pgp.ts';
import { freshSecretText } from '../../shared/aws/secrets.ts';
import { requireEnvironment } from '../../shared/environment.ts';

/** Share of the function's memory that the plaintext of a message may use: one of 150 MB was read with a peak of 264 MB. */
const plaintextShare = 1 / 4;

const memoryBytes = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 512) * 1024 ** 2;

let opener: Promise<OpenPgpMessage> | undefined;

/** Opens encrypted deliveries with the keys in the secret; a key added there opens the next message. */
export const openPgp: OpenPgpMessage = async (...message) => {
  opener ??= createOpener();
  return (await opener)(...message);
};

/** Loads openpgp.js with the first encrypted file, so that the others' cold starts do not wait for it. */
async function createOpener(): Promise<OpenPgpMessage> {
  const { pgpOpener } = await import('../../shared/archive/pgp/pgp.ts');
  return pgpOpener({
    keysText: () => freshSecretText(requireEnvironment('pgpKeysSecretArn').pgpKeysSecretArn),
    maxPlaintextBytes: memoryBytes * plaintextShare,
  });
}
