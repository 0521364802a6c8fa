import { createHash, timingSafeEqual } from 'node:crypto';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { EmptySecretError } from './secrets.ts';

/** How long the token before the current one stays valid, so that a rotation locks nobody out. */
const graceMs = 24 * 3600 * 1000;
const maxAgeMs = 5 * 60 * 1000;
/** A token that is not known is looked up anew, but whoever guesses cannot make us ask more often than this. */
const minAgeMs = 10 * 1000;

/** Whether two tokens are equal, in a time that depends on neither. */
export function isSameToken(presented: string, token: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(presented), digest(token));
}

/** The admin tokens that are valid: the secret's current version and, for a day after a rotation, the one before. */
export class AdminTokens {
  private readonly secrets: SecretsManagerClient;
  private readonly secretArn: string;
  private known: readonly string[] = [];
  private fetchedAtMs = Number.NEGATIVE_INFINITY;

  constructor(secrets: SecretsManagerClient, secretArn: string) {
    this.secrets = secrets;
    this.secretArn = secretArn;
  }

  /**
   * Whether a token is valid, compared in constant time. A new token is known at its first use, also to an execution
   * environment that has run for long.
   * @throws EmptySecretError
   */
  async accept(presented: string): Promise<boolean> {
    if (this.ageMs() > maxAgeMs) await this.fetch();
    if (this.isKnown(presented)) return true;
    if (presented === '' || this.ageMs() < minAgeMs) return false;
    await this.fetch();
    return this.isKnown(presented);
  }

  private ageMs(): number {
    return Date.now() - this.fetchedAtMs;
  }

  /** Compares with every token, whichever matches and whatever the lengths. */
  private isKnown(presented: string): boolean {
    const matches = this.known.map((token) => isSameToken(presented, token));
    return matches.includes(true);
  }

  private async fetch(): Promise<void> {
    const current = await this.version('AWSCURRENT');
    if (!current?.text) throw new EmptySecretError(this.secretArn);
    const isInGrace = Date.now() - current.createdAt.getTime() < graceMs;
    const previous = isInGrace ? await this.version('AWSPREVIOUS') : undefined;
    this.known = [current.text, ...(previous?.text ? [previous.text] : [])];
    this.fetchedAtMs = Date.now();
  }

  private async version(stage: 'AWSCURRENT' | 'AWSPREVIOUS') {
    try {
      const command = new GetSecretValueCommand({ SecretId: this.secretArn, VersionStage: stage });
      const { SecretString: text, CreatedDate: createdAt = new Date(0) } = await this.secrets.send(command);
      return { text, createdAt };
    } catch (error) {
      // A secret that was never rotated has no previous version.
      if (stage === 'AWSPREVIOUS' && error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }
}
