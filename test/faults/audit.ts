import type { Client } from 'pg';

/**
 * Has the database itself log every change of a file's status or lease, so that an impossible change is found even if
 * a later one hides it.
 */
export async function installAudit(client: Client): Promise<void> {
  await client.query(`
    create schema audit;
    create table audit.changes (
      position bigint generated always as identity primary key,
      raw_file_id bigint not null,
      old_status text not null,
      new_status text not null,
      had_live_lease boolean not null
    );
    create function audit.note() returns trigger language plpgsql security definer as $$
    begin
      insert into audit.changes (raw_file_id, old_status, new_status, had_live_lease)
      values (old.id, old.status, new.status, coalesce(old.lease_expires_at > clock_timestamp(), false));
      return null;
    end $$;
    create trigger audit after update on raw_files for each row
      when (old.status is distinct from new.status or old.lease_token is distinct from new.lease_token)
      execute function audit.note();
  `);
}

interface Change {
  readonly id: string;
  readonly old: string;
  readonly new: string;
  readonly hadLiveLease: boolean;
  readonly count: number;
}

const ends = ['normalized', 'failed', 'ignored', 'duplicate', 'withdrawn'];

/**
 * Changes of status that the design does not allow.
 * @param replays how often each file was replayed, by id
 * @param withdrawn files that may have been withdrawn
 */
export async function findForbiddenChanges(
  client: Client,
  replays: ReadonlyMap<string, number>,
  withdrawn: ReadonlySet<string>,
): Promise<string[]> {
  const { rows } = await client.query<Change>(`
    select raw_file_id as id, old_status as old, new_status as new, had_live_lease as "hadLiveLease", count(*)::int
    from audit.changes group by 1, 2, 3, 4 order by 1`);
  const reopened = new Map<string, number>();
  const forbidden = rows.flatMap((change) => {
    if (ends.includes(change.old) && change.new === 'registered') {
      reopened.set(change.id, (reopened.get(change.id) ?? 0) + change.count);
      return [];
    }
    return isAllowed(change, withdrawn)
      ? []
      : [`file ${change.id} went from ${change.old} to ${change.new}${lease(change)}`];
  });
  for (const [id, count] of reopened) {
    const replayed = replays.get(id) ?? 0;
    if (count > replayed)
      forbidden.push(`file ${id} was reopened ${count} times and replayed ${replayed} times`);
  }
  return forbidden;
}

function isAllowed({ id, old, new: next, hadLiveLease }: Change, withdrawn: ReadonlySet<string>): boolean {
  if (next === 'withdrawn') return withdrawn.has(id);
  // A duplicate takes the place of its original.
  if (old === 'duplicate' && next === 'normalized') return withdrawn.size > 0;
  if (old === 'registered') return next === 'normalizing';
  if (old !== 'normalizing') return false;
  return next === 'normalizing' ? !hadLiveLease : next !== 'duplicate';
}

function lease({ hadLiveLease }: Change): string {
  return hadLiveLease ? ' under a live lease' : '';
}
