import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { isSameToken } from './admin-tokens.ts';

/** How long a removed token may still be accepted. */
const maxAgeMs = 60 * 1000;
/** Minimum interval between requests to Secrets Manager, so that guessing does not cause one each time. */
const minAgeMs = 10 * 1000;

const token = z.string().min(32, 'is shorter than 32 characters');
const readerTokens = z.record(
  z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'is not a name of lower-case letters, digits and hyphens'),
  z.union([token.transform((text) => [text]), z.array(token)]),
);

/** The secret of reader tokens is not `{"NAME": "TOKEN" or ["TOKEN", …]}`; the message names the position, and contains no token. */
class InvalidReaderTokensError extends Error {
  readonly code = 'invalid-reader-tokens';
  constructor(secretArn: string, problem: string) {
    super(`The secret ${secretArn} does not hold reader tokens: ${problem}`);
    this.name = 'InvalidReaderTokensError';
  }
}

/** The named tokens that may read usage, from the secret; an added or removed token takes effect within a minute. */
export class ReaderTokens {
  private readonly secrets: SecretsManagerClient;
  private readonly secretArn: string;
  private known: readonly { readonly name: string; readonly token: string }[] = [];
  private fetchedAtMs = Number.NEGATIVE_INFINITY;

  constructor(secrets: SecretsManagerClient, secretArn: string) {
    this.secrets = secrets;
    this.secretArn = secretArn;
  }

  /**
   * The name of the reader that has a token, null if none has. Compares in constant time with every token.
   * @throws InvalidReaderTokensError
   */
  async nameOf(presented: string): Promise<string | null> {
    if (this.ageMs() > maxAgeMs) await this.fetch();
    const name = this.find(presented);
    if (name !== null || presented === '' || this.ageMs() < minAgeMs) return name;
    await this.fetch();
    return this.find(presented);
  }

  private ageMs(): number {
    return Date.now() - this.fetchedAtMs;
  }

  private find(presented: string): string | null {
    const matches = this.known.filter(({ token }) => isSameToken(presented, token));
    return matches[0]?.name ?? null;
  }

  private async fetch(): Promise<void> {
    const { SecretString: text = '' } = await this.secrets.send(
      new GetSecretValueCommand({ SecretId: this.secretArn }),
    );
    this.known = Object.entries(this.parse(text)).flatMap(([name, tokens]) =>
      tokens.map((token) => ({ name, token })),
    );
    this.fetchedAtMs = Date.now();
  }

  private parse(text: string): z.output<typeof readerTokens> {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw new InvalidReaderTokensError(this.secretArn, 'it is not JSON'); // the parser's message would quote it
    }
    const result = readerTokens.safeParse(json);
    if (result.success) return result.data;
    const [issue] = result.error.issues;
    throw new InvalidReaderTokensError(this.secretArn, `${issue?.path.join('.')}: ${issue?.message}`);
  }
}
