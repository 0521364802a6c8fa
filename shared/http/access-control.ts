import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { AdminTokens } from '../aws/admin-tokens.ts';
import { requireEnvironment } from '../environment.ts';
import { emitMetrics } from '../observability/metrics.ts';
import { HttpError } from './errors.ts';
import type { Route } from './route.ts';

/** Checks the token of each request; one for each execution environment, since it caches the valid tokens. */
export class AccessControl {
  private adminTokens: AdminTokens | undefined;

  /**
   * Returns if the request has a token that its route accepts.
   * @throws HttpError 401, the same whatever was wrong
   */
  async check(access: Route['access'], headers: APIGatewayProxyEventV2['headers']): Promise<void> {
    if (access === 'anyone') return;
    const { adminTokenSecretArn } = requireEnvironment('adminTokenSecretArn');
    this.adminTokens ??= new AdminTokens(new SecretsManagerClient(), adminTokenSecretArn);
    if (await this.adminTokens.accept(presentedToken(headers))) return;
    emitMetrics({ AuthenticationFailures: 1 });
    throw new HttpError(
      401,
      'unauthorized',
      'Send the admin token as "Authorization: Bearer TOKEN" or "x-admin-token: TOKEN".',
    );
  }
}

/** The token a request brings: `Authorization: Bearer TOKEN` or `x-admin-token: TOKEN`. */
function presentedToken(headers: APIGatewayProxyEventV2['headers']): string {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '');
  return bearer?.[1] ?? headers['x-admin-token'] ?? '';
}
