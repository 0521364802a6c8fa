import { createHash, timingSafeEqual } from 'node:crypto';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { secretText } from '../aws/secrets.ts';
import { requireEnvironment } from '../environment.ts';
import { type ApiHandler, apiRoute } from './api-route.ts';
import type { ApiResponse } from './encode-response.ts';
import { HttpError } from './errors.ts';

/** The token a request brings: `Authorization: Bearer TOKEN` or `x-admin-token: TOKEN`. */
function presentedToken(headers: APIGatewayProxyEventV2['headers']): string {
  const bearer = /^Bearer\s+(\S+)\s*$/i.exec(headers.authorization ?? '');
  return bearer?.[1] ?? headers['x-admin-token'] ?? '';
}

/** Compares in constant time, whatever the lengths. */
function isSame(presented: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(presented), digest(expected));
}

/** A route that answers only who has the admin token; everyone else gets 401, and nothing is said of why. */
export function adminRoute(handle: (event: APIGatewayProxyEventV2) => Promise<ApiResponse>): ApiHandler {
  return apiRoute(async (event) => {
    const { adminTokenSecretArn } = requireEnvironment('adminTokenSecretArn');
    if (!isSame(presentedToken(event.headers), await secretText(adminTokenSecretArn))) {
      throw new HttpError(
        401,
        'unauthorized',
        'Send the admin token as "Authorization: Bearer TOKEN" or "x-admin-token: TOKEN".',
      );
    }
    return handle(event);
  });
}
