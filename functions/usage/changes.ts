import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import { encodeCursor } from '../../shared/http/schemas.ts';
import type { Channel } from '../../shared/intervals/block.ts';
import type { Database } from '../../shared/storage/database.ts';
import { type ChangePosition, readChanges } from '../../shared/storage/usage/read-changes.ts';
import type { usageRoutes } from './routes.ts';

type Request = RouteRequest<typeof usageRoutes.listChanges>;

const pollMs = 500;

/** GET /api/usage/changes: the days that changed after a cursor; waits for the first if there is none. */
export async function listChanges(
  database: Database,
  { query: { cursor, limit, wait }, event }: Request,
): Promise<ApiResponse> {
  const deadlineMs = Date.now() + wait * 1000;
  const after = cursor ? positionOf(cursor) : null;
  let found = await readChanges(database, { after, limit });
  while (found.length === 0 && Date.now() < deadlineMs) {
    await sleep(Math.min(pollMs, deadlineMs - Date.now()));
    found = await readChanges(database, { after, limit });
  }
  const last = found.at(-1);
  const changes = found.map((change) => ({
    esiid: change.esiid,
    channel: change.channel,
    first_date: change.firstDate,
    last_date: change.lastDate,
    raw_file_id: change.rawFileId,
  }));
  const nextCursor = last
    ? encodeCursor(last.xid, last.rawFileId, last.esiid, last.channel)
    : (event.queryStringParameters?.cursor ?? null);
  return { status: 200, body: { ok: true, changes, next_cursor: nextCursor } };
}

function positionOf([xid, rawFileId, esiid, channel]: NonNullable<
  Request['query']['cursor']
>): ChangePosition {
  return { xid, rawFileId, esiid, channel: channel as Channel };
}
