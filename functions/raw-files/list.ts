import type { z } from 'zod';
import type { ApiResponse } from '../../shared/http/encode-response.ts';
import { countThatFit } from '../../shared/http/response-size.ts';
import { encodeCursor } from '../../shared/http/schemas.ts';
import { addDays, clockDay } from '../../shared/intervals/clock.ts';
import type { Database } from '../../shared/storage/database.ts';
import * as storage from '../../shared/storage/raw-files/list-raw-files.ts';
import type { rawFilesQuery } from './schemas.ts';

/** GET /api/admin/smt/raw-files: files by status, source, ESIID, text and time, in an order. */
export async function listRawFiles(
  database: Database,
  { status, source, esiid, sha256, q, from, to, sort, order, limit, cursor }: z.output<typeof rawFilesQuery>,
): Promise<ApiResponse> {
  const found = await storage.listRawFiles(database, {
    statuses: status,
    source,
    esiid,
    sha256,
    text: q,
    receivedFrom: from === undefined ? undefined : midnight(from),
    receivedTo: to === undefined ? undefined : midnight(addDays(to, 1)),
    sort,
    order,
    after: cursor && { value: cursor[0], id: cursor[1] },
    limit: limit + 1, // one more shows whether there is a next page
  });
  const page = found.slice(0, Math.min(limit, countThatFit(found)));
  const last = found.length > page.length ? page.at(-1) : undefined;
  const files = page.map(({ position, ...file }) => file);
  const nextCursor = last ? encodeCursor(last.position, last.id) : null;
  return { status: 200, body: { ok: true, files, next_cursor: nextCursor } };
}

function midnight(date: string): Date {
  return new Date(clockDay(date).startMs);
}
