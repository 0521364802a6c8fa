import { getSecret } from '@aws-lambda-powertools/parameters/secrets';

const maxAgeSeconds = 300;

/** A secret has no text; the message names it. */
export class EmptySecretError extends Error {
  readonly code = 'empty-secret';
  constructor(secretArn: string) {
    super(`The secret ${secretArn} has no text.`);
    this.name = 'EmptySecretError';
  }
}

/** A secret's text, kept for five minutes. @throws EmptySecretError */
export async function secretText(secretArn: string): Promise<string> {
  return textOf(secretArn, await getSecret(secretArn, { maxAge: maxAgeSeconds }));
}

/** A secret's current text, not cached. @throws EmptySecretError */
export async function freshSecretText(secretArn: string): Promise<string> {
  return textOf(secretArn, await getSecret(secretArn, { forceFetch: true }));
}

function textOf(secretArn: string, text: unknown): string {
  if (typeof text !== 'string' || text === '') throw new EmptySecretError(secretArn);
  return text;
}
