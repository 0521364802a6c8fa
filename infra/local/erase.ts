import { findAdminApi, postTo } from './admin-api.ts';
import { readRemovalArguments, runCommand } from './removal-command.ts';
import { count } from './report.ts';

const usage = 'usage: npm run erase -- ESIID --by NAME --reason TEXT [--lift] [--url URL] [--json]';
const help = `Erases an ESIID: its data, its traces, and the objects that hold nothing else. No later load brings it back.

  --by NAME      who asks for it; kept for good
  --reason TEXT  why; kept for good
  --lift         lift the erasure instead: what arrives or is replayed from now on is loaded again
  --url URL      the API to call, with the token in ADMIN_TOKEN (default: the stack that npm start runs)
  --json         the API's response as it is`;

interface Erased {
  readonly rows_removed: number;
  readonly objects_deleted: number;
  readonly objects_pending: number;
  readonly shared_files: readonly {
    readonly id: string;
    readonly object_key: string;
    readonly why: string;
  }[];
}

await runCommand(async () => {
  const { target: esiid, body, url, lift, json } = readRemovalArguments(usage, help);
  const api = await findAdminApi(url);
  if (lift) {
    const { lifted } = await postTo<{ lifted: boolean }>(api, '/api/admin/smt/erasures/lift', {
      esiid,
      ...body,
    });
    console.log(lifted ? 'The erasure is lifted.' : 'This ESIID was not erased.');
    return;
  }
  const erased = await postTo<Erased>(api, '/api/admin/smt/erasures', { esiid, ...body });
  console.log(json ? JSON.stringify(erased) : textOf(erased));
});

function textOf({ rows_removed, objects_deleted, objects_pending, shared_files: shared }: Erased): string {
  const lines = [`Erased: ${count(rows_removed)} rows removed, ${count(objects_deleted)} objects deleted.`];
  if (objects_pending > 0)
    lines.push(`${count(objects_pending)} objects are still to be deleted: run this again.`);
  if (shared.length > 0) lines.push('These objects were kept:');
  for (const { id, object_key, why } of shared) {
    const reason =
      why === 'unread' ? 'not all of it was read, so it may hold others' : 'it holds other ESIIDs';
    lines.push(`  file ${id}  ${object_key}  (${reason})`);
  }
  return lines.join('\n');
}
