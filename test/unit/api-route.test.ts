import type { Context } from 'aws-lambda';
import { describe, expect, test, vi } from 'vitest';
import { apiRoute } from '../../shared/http/api-route.ts';
import { logger } from '../../shared/observability/logger.ts';
import { DatabaseUnavailableError } from '../../shared/storage/database-unavailable-error.ts';
import { getEvent } from '../support/api-event.ts';

const context = { awsRequestId: 'request-1' } as Context;

describe('A route', () => {
  test('returns 503 with Retry-After while the database accepts no connection, and logs the cause', async () => {
    const logged = vi.spyOn(logger, 'error').mockReturnValue();
    const unavailable = new DatabaseUnavailableError(new Error('timeout expired'));
    const route = apiRoute(() => Promise.reject(unavailable));

    const response = await route(getEvent('/api/usage'), context);

    expect(response).toMatchObject({ statusCode: 503, headers: { 'retry-after': '10' } });
    expect(JSON.parse(response.body ?? '')).toMatchObject({ ok: false, error: 'unavailable' });
    expect(logged).toHaveBeenCalledWith('request failed', { route: 'GET /api/usage', error: unavailable });
  });
});
