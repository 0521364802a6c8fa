import { findAdminApi, postTo } from './admin-api.ts';
import { runCommand } from './command-line.ts';
import { readRemovalArguments, removalCommand } from './removal-command.ts';
import { count } from './report.ts';

const program = removalCommand(
  'erase',
  'Erases an ESIID: its data, rejected rows that name it, and the objects that hold nothing else. No later load restores it.',
  'esiid',
);
program.option('--lift', 'lift the erasure instead: what arrives or is replayed from now on is loaded again');

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
  const { target: esiid, body, url, json } = readRemovalArguments(program);
  const { lift = false } = program.opts() as { readonly lift?: boolean };
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
