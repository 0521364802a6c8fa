import * as z from 'zod';
import { esiid, searchText } from '../../shared/http/schemas.ts';
import { rawFileStatuses } from '../../shared/storage/tables.ts';

/** Default statuses without files or statuses in the query: everything that has not been loaded. */
const unloaded = ['registered', 'normalizing', 'failed'] as const;

/** API Gateway joins repeated parameters with commas, so a list is one either way. */
const list = z.string().transform((text) => text.split(',').map((part) => part.trim()));

const id = z.string().regex(/^\d{1,18}$/, 'is not a number');

/** Strict: ignoring a misspelt `dryRun` or filter would requeue files unintentionally. */
export const replayQuery = z
  .strictObject({
    id: list.pipe(z.array(id).max(1000)).optional(),
    status: list.pipe(z.array(z.enum([...rawFileStatuses, 'any']))).optional(),
    esiid: esiid.optional(),
    source: searchText(50).optional(),
    after: id.optional(),
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    dryRun: z.stringbool().default(false),
    wait: z.coerce.number().min(0).max(25).default(0),
  })
  .transform(({ status, ...query }) => ({ ...query, statuses: statusesOf(status, query.id) }));

function statusesOf(status: readonly string[] | undefined, ids: readonly string[] | undefined) {
  if (status?.includes('any')) return undefined;
  if (status) return rawFileStatuses.filter((known) => status.includes(known));
  return ids ? undefined : unloaded;
}
