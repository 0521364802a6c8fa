import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { AdminTokens } from '../aws/admin-tokens.ts';
import { requireEnvironment } from '../environment.ts';
import { emitMetrics } from '../observability/metrics.ts';
import { type ApiHandler, apiRoute } from './api-route.ts';
import type { ApiResponse } from './encode-response.ts';
import { HttpError } from './errors.ts';

/** The token a request brings: `Authorization: Bearer TOKEN` or `x-admin-token: TOKEN`. */
function presentedToken(headers: APIGatewayProxyEventV2['headers']): string {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '');
  return bearer?.[1] ?? headers['x-admin-token'] ?? '';
}

/** A route that answers only who has an admin token; everyone else gets 401, and nothing is said of why. */
export function adminRoute(handle: (event: APIGatewayProxyEventV2) => Promise<ApiResponse>): ApiHandler {
  let tokens: AdminTokens | undefined;
  return apiRoute(async (event) => {
    const { adminTokenSecretArn } = requireEnvironment('adminTokenSecretArn');
    tokens ??= new AdminTokens(new SecretsManagerClient(), adminTokenSecretArn);
    if (await tokens.accept(presentedToken(event.headers))) return handle(event);
    emitMetrics({ AuthenticationFailures: 1 });
    throw new HttpError(
      401,
      'unauthorized',
      'Send the admin token as "Authorization: Bearer TOKEN" or "x-admin-token: TOKEN".',
    );
  });
}
