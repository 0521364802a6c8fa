import { createHash, timingSafeEqual } from 'node:crypto';
import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { EmptySecretError } from './secrets.ts';

/** How long the previous token stays valid, so that a rotation locks nobody out. */
const graceMs = 24 * 3600 * 1000;
const maxAgeMs = 5 * 60 * 1000;
/** Minimum interval between lookups for unknown tokens, so that guessing does not cause a lookup each time. */
const minAgeMs = 10 * 1000;

/** Whether two tokens are equal, in constant time. */
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
   * Whether a token is valid, compared in constant time. A new token is accepted at its first use, even by an
   * execution environment that is already warm.
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

  /** Compares with every token, regardless of matches and lengths. */
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
