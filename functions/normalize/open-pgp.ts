import { freshSecretText } from '../../shared/aws/secrets.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import { pgpOpener } from '../../shared/smt/container/pgp.ts';

/** The plaintext of a message may take this share of the function's memory; the bench says what the rest is for. */
const plaintextShare = 1 / 4;

const memoryBytes = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 512) * 1024 ** 2;

/** Opens encrypted deliveries with the keys in the secret; a key added there opens the next message. */
export const openPgp = pgpOpener({
  keysText: () => freshSecretText(requireEnvironment('pgpKeysSecretArn').pgpKeysSecretArn),
  maxPlaintextBytes: memoryBytes * plaintextShare,
});
