import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { AdminTokens } from '../aws/admin-tokens.ts';
import { ReaderTokens } from '../aws/reader-tokens.ts';
import { requireEnvironment } from '../environment.ts';
import { logger } from '../observability/logger.ts';
import { emitMetrics } from '../observability/metrics.ts';
import { HttpError } from './errors.ts';
import type { Route } from './route.ts';

/** Whose token a request has; null on a route that is open to anyone. */
export type Caller = 'admin' | 'reader' | null;

type Headers = APIGatewayProxyEventV2['headers'];

/** Checks the token of each request; one for each execution environment, since it caches the valid tokens. */
export class AccessControl {
  private adminTokens: AdminTokens | undefined;
  private readerTokens: ReaderTokens | undefined;

  /**
   * Returns if the request has a token that its route accepts.
   * @returns whose token that is
   * @throws HttpError 401, the same for every cause
   */
  async check(access: Route['access'], headers: Headers): Promise<Caller> {
    if (access === 'anyone') return null;
    const token = presentedToken(headers);
    if (access === 'reader' && (await this.isReader(token))) return 'reader';
    if (await this.isAdmin(token)) return 'admin';
    emitMetrics({ AuthenticationFailures: 1 });
    throw new HttpError(
      401,
      'unauthorized',
      'Send a token that this route accepts as "Authorization: Bearer TOKEN" or "x-admin-token: TOKEN".',
    );
  }

  private async isAdmin(token: string): Promise<boolean> {
    const { adminTokenSecretArn } = requireEnvironment('adminTokenSecretArn');
    this.adminTokens ??= new AdminTokens(new SecretsManagerClient(), adminTokenSecretArn);
    return this.adminTokens.accept(token);
  }

  /** If the secret of reader tokens cannot be read, readers are rejected but administrators are not. */
  private async isReader(token: string): Promise<boolean> {
    const { readerTokensSecretArn } = requireEnvironment('readerTokensSecretArn');
    this.readerTokens ??= new ReaderTokens(new SecretsManagerClient(), readerTokensSecretArn);
    try {
      const reader = await this.readerTokens.nameOf(token);
      if (reader !== null) logger.info('usage read', { reader });
      return reader !== null;
    } catch (error) {
      logger.error('reader tokens cannot be read', { error: error as Error });
      return false;
    }
  }
}

/** The token of a request: `Authorization: Bearer TOKEN` or `x-admin-token: TOKEN`. */
function presentedToken(headers: Headers): string {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '');
  return bearer?.[1] ?? headers['x-admin-token'] ?? '';
}
