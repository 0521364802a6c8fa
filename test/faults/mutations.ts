/**
 * The mechanisms that protect a promise, each with the edit that removes it. The fault-injection harness has to detect
 * every removal: a harness that finds nothing proves nothing until it is known to find defects.
 */
export interface Mutation {
  /** The protection that is removed. */
  readonly name: string;
  readonly edits: readonly Edit[];
}

interface Edit {
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

export const mutations: readonly Mutation[] = [
  {
    name: 'the sweep finds objects whose event was lost',
    edits: [
      {
        file: 'shared/sweep/sweep-bucket.ts',
        find: 'due.length > 0 ? await findLost(due, sweep) : []',
        replace: 'due.length < 0 ? await findLost(due, sweep) : []',
      },
    ],
  },
  {
    name: 'the sweep queues stuck files again',
    edits: [
      {
        file: 'shared/sweep/sweep.ts',
        find: '  await queueRawFiles(database, queue, stuck);\n',
        replace: '',
      },
    ],
  },
  {
    name: 'the sweep empties the failure destinations',
    edits: [
      {
        file: 'shared/sweep/sweep-dead-letters.ts',
        find: 'receives < maxReceives',
        replace: 'receives < 0 * maxReceives',
      },
    ],
  },
  {
    name: 'a lease that ran out can be taken over',
    edits: [
      {
        file: 'shared/storage/raw-files/claim-raw-file.ts',
        find: "status = 'normalizing' and lease_expires_at <= now() and lost_attempts + 1 < ",
        replace: "status = 'normalizing' and false and lost_attempts + 1 < ",
      },
    ],
  },
  {
    name: 'a live lease cannot be taken over',
    edits: [
      {
        file: 'shared/storage/raw-files/claim-raw-file.ts',
        find: "status = 'normalizing' and lease_expires_at <= now() and lost_attempts + 1 < ",
        replace: "status = 'normalizing' and lost_attempts + 1 < ",
      },
    ],
  },
  {
    name: 'a worker ends only the attempt that its lease is for (fencing)',
    edits: [
      {
        file: 'shared/storage/load/finish-raw-file.ts',
        find: ".where('lease_token', '=', leaseToken)",
        replace: '',
      },
    ],
  },
  {
    name: 'a finished file is not claimed again (status in the WHERE)',
    edits: [
      {
        file: 'shared/storage/raw-files/claim-raw-file.ts',
        find: "status = 'registered'\n",
        replace: "status <> 'normalizing'\n",
      },
    ],
  },
  {
    name: 'blocks and status are one transaction',
    edits: [
      {
        file: 'shared/storage/load/finish-raw-file.ts',
        find: '    status: file.status,\n    self_contained',
        replace: '    self_contained',
      },
      {
        file: 'shared/storage/load/finish-raw-file.ts',
        find: '    lease_token: null,\n    lease_expires_at: null,\n',
        replace: '',
      },
      {
        file: 'shared/storage/load/finish-raw-file.ts',
        find: '  if (row === undefined) throw new LeaseLostError(rawFileId);\n',
        replace: `  if (row === undefined) throw new LeaseLostError(rawFileId);
  await client.query(
    'update raw_files set status = $2, lease_token = null, lease_expires_at = null where id = $1',
    [rawFileId, file.status],
  );
`,
      },
    ],
  },
  {
    name: 'contents of one revision stand beside each other (content in the key)',
    edits: [
      {
        file: 'shared/storage/schema/migrations/0001-baseline/data-tables.ts',
        find: 'primary key (esiid, channel, usage_date, revised_at, content)',
        replace: 'primary key (esiid, channel, usage_date, revised_at)',
      },
    ],
  },
  {
    name: 'an object version has one row (unique key)',
    edits: [
      {
        file: 'shared/storage/schema/migrations/0001-baseline/raw-file-tables.ts',
        find: 'unique (bucket, object_key, version_id),',
        replace: '',
      },
      {
        file: 'shared/storage/raw-files/register-raw-file.ts',
        find: 'on conflict (bucket, object_key, version_id) do nothing',
        replace: '',
      },
    ],
  },
  {
    name: 'only files that carry their revisions can be duplicates',
    edits: [
      {
        file: 'shared/storage/raw-files/register-raw-file.ts',
        find: "status = 'normalized' and self_contained",
        replace: "status = 'normalized'",
      },
    ],
  },
  {
    name: 'a storage fault does not fail the file',
    edits: [
      {
        file: 'shared/raw-files/normalize-raw-file.ts',
        find: 'if (error instanceof ObjectDeletedError) return failedReport(error);',
        replace: "return failedReport({ code: 'object-deleted', message: String(error) });",
      },
    ],
  },
  {
    name: 'a file is announced before that is noted',
    edits: [
      {
        file: 'shared/raw-files/announce.ts',
        find: '  await publish({',
        replace: '  await markAnnounced(database, { id: file.id, attempt });\n  await publish({',
      },
    ],
  },
  {
    name: 'objects are read by version, not by key alone',
    edits: [
      {
        file: 'shared/aws/s3-object-store.ts',
        find: 'Key: objectKey, VersionId: versionId };',
        replace: 'Key: objectKey, VersionId: versionId ? undefined : versionId };',
      },
    ],
  },
  {
    name: 'keys in events are decoded',
    edits: [
      {
        file: 'shared/raw-files/object-version.ts',
        find: "return decodeURIComponent(key.replaceAll('+', ' '));",
        replace: 'return decodeURIComponent(key);',
      },
    ],
  },
  {
    name: 'the sweep finds normalized files that are not announced',
    edits: [
      {
        file: 'shared/storage/schema/migrations/0001-baseline/raw-file-tables.ts',
        find: " or new.status = 'normalized' and new.announced_at is null then",
        replace: ' then',
      },
    ],
  },
  {
    name: 'the server ends the sessions of lost hosts',
    edits: [
      {
        file: 'shared/storage/database.ts',
        find: '    idle_in_transaction_session_timeout: 60_000,\n',
        replace: '',
      },
    ],
  },
  {
    name: 'a replay that fails leaves a normalized file normalized',
    edits: [
      {
        file: 'shared/raw-files/normalize-raw-file.ts',
        find: '  const restored = await restoreRawFile(',
        replace: '  const restored = id !== id && await restoreRawFile(',
      },
    ],
  },
  {
    name: 'what follows the last member of a gzip is explained',
    edits: [
      {
        file: 'shared/archive/gzip.ts',
        find: '    if (junkOffset !== null) {',
        replace: '    if (junkOffset === -1) {',
      },
    ],
  },
  {
    name: 'a zip holds nothing that its directory does not list',
    edits: [
      {
        file: 'shared/archive/zip.ts',
        find: '    await checkLayout(entries, directoryStart, reader.source);\n',
        replace: '',
      },
    ],
  },
  {
    name: 'a withdrawn file takes its data along',
    edits: [
      {
        file: 'shared/storage/removals/withdraw-raw-file.ts',
        find: ' and decided.raw_file_id is null\n',
        replace: ' and decided.raw_file_id = 0\n',
      },
    ],
  },
  {
    name: 'a withdrawal is a change that subscribers see',
    edits: [
      {
        file: 'shared/storage/removals/withdraw-raw-file.ts',
        find: "  await client.query('update raw_file_meters set changed_xid = pg_current_xact_id() where raw_file_id = $1', [",
        replace:
          "  await client.query('update raw_file_meters set changed_xid = changed_xid where raw_file_id = $1', [",
      },
    ],
  },
  {
    name: 'changes that commit late are not skipped',
    edits: [
      {
        file: 'shared/storage/usage/read-changes.ts',
        find: 'changed_xid < pg_snapshot_xmin(pg_current_snapshot())',
        replace: 'changed_xid is not null',
      },
    ],
  },
  {
    name: 'the current read of a day is the newest',
    edits: [
      {
        file: 'shared/storage/schema/migrations/0001-baseline/read-views.ts',
        find: '    order by esiid desc, channel desc, usage_date desc, revised_at desc, kwh desc, content desc`',
        replace:
          '    order by esiid desc, channel desc, usage_date desc, revised_at, kwh desc, content desc`',
      },
    ],
  },
];
