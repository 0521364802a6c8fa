import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { uploadKeyOf } from '../../../shared/raw-files/object-key.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { claimRawFile } from '../../../shared/storage/raw-files/claim-raw-file.ts';
import { markAnnounced } from '../../../shared/storage/raw-files/mark-announced.ts';
import { markQueued } from '../../../shared/storage/raw-files/mark-queued.ts';
import { registerRawFile } from '../../../shared/storage/raw-files/register-raw-file.ts';
import { recordUploadRequest } from '../../../shared/storage/upload-requests/record-upload-request.ts';
import { load, newBlock } from '../../support/rows.ts';
import { type Figure, figure, type Measure, verdict } from '../findings.ts';
import { openBenchDatabase } from '../setup.ts';
import { esiidOf } from '../smt-file.ts';

const inFlight = 8;
const parts = 20;
const bucket = 'smt-ingest-rawbucket-1a2b3c4d5e6f';

/** What a daily file of one meter leaves in the database and its log: the statements of its life, without S3 and functions. */
export const records: Measure = {
  title: `what a daily file of one meter takes in the database, ${inFlight} in flight`,
  async run(setup) {
    const files = setup.isQuick ? 2_000 : 20_000;
    const stack = await setup.startStack();
    const database = openBenchDatabase(stack, inFlight);
    try {
      await sql`checkpoint`.execute(database.kysely);
      const before = await logOf(database);
      for (let first = 0; first < files; first += files / parts) {
        await liveAll(database, first, first + files / parts);
        await sql`vacuum raw_files, normalize_attempts, upload_requests`.execute(database.kysely);
      }
      const after = await logOf(database);
      const each = (name: keyof Log) => (after[name] - before[name]) / files;
      const tables = await bytesOf(database, files);
      const bytes = (...names: readonly string[]) =>
        tables
          .filter(({ name }) => names.includes(name))
          .reduce((sum, { heap, index }) => sum + heap + index, 0);
      return {
        figures: [
          ...tables.flatMap(figuresOf),
          figure('log: full pages of a file', 'bytes', [each('fullPages')]),
          figure('records of a file in its first quarter', 'bytes', [
            bytes('raw_files', 'normalize_attempts', 'upload_requests'),
          ]),
        ],
        verdicts: [
          verdict('records of a file afterwards', 'bytes', [bytes('raw_files')], { atMost: 900 }),
          verdict('log of a file, without full pages', 'bytes', [each('bytes') - each('fullPages')], {
            atMost: 6_144,
          }),
        ],
        notes: [`${files} files; vacuumed ${parts} times, as autovacuum would; Aurora logs no full pages`],
      };
    } finally {
      await database.close();
    }
  },
};

async function liveAll(database: Database, from: number, to: number): Promise<void> {
  const lane = async (first: number) => {
    for (let number = first; number < to; number += inFlight) await live(database, number);
  };
  await Promise.all(Array.from({ length: inFlight }, (_, lag) => lane(from + lag)));
}

/** From the request of its upload to its announcement. */
async function live(database: Database, number: number): Promise<void> {
  const requestedAt = new Date();
  const filename = `IntervalData-20250616-${number}.csv`;
  const sha256 = createHash('sha256').update(filename).digest('hex');
  const source = 'droplet-upload';
  const objectKey = uploadKeyOf({ requestedAt, source, esiid: null, sha256, filename });
  const shared = {
    objectKey,
    filename,
    sizeBytes: 8_200,
    sha256,
    source,
    esiid: null,
    contentType: 'text/csv',
  };
  await recordUploadRequest(database, { ...shared, clientReceivedAt: requestedAt, expiresAt: requestedAt });
  const etag = `"${createHash('md5').update(filename).digest('hex')}"`;
  const { id } = await registerRawFile(database, {
    ...shared,
    bucket,
    versionId: createHash('md5').update(etag).digest('hex'),
    etag,
    receivedAt: requestedAt,
  });
  await markQueued(database, [id]);
  const claimed = await claimRawFile(database, {
    id,
    bucket,
    leaseMs: 60_000,
    maxLostAttempts: 3,
    workerId: '0b9d7c0e-2f0c-4d62-8a7c-4a0a2f1f7d11',
  });
  if (claimed.outcome !== 'claimed') throw new Error(`file ${id} is ${claimed.outcome}`);
  const kwh = Array.from(
    { length: 96 },
    (_, slot) => `0.${String((number * 7 + slot * 13) % 1_000).padStart(3, '0')}`,
  );
  await load(database, claimed, [newBlock({ esiid: esiidOf(1 + number), kwh })], {
    intervalMinAt: '2025-01-15T06:00:00Z',
    intervalMaxAt: '2025-01-16T05:45:00Z',
  });
  await markAnnounced(database, { id, attempt: claimed.attempt });
}

interface Log {
  readonly bytes: number;
  readonly fullPages: number;
}

async function logOf({ kysely }: Database): Promise<Log> {
  const { rows } = await sql<Record<keyof Log, string>>`
    select wal_bytes as bytes, wal_fpi * 8192 as "fullPages" from pg_stat_wal`.execute(kysely);
  return { bytes: Number(rows[0]?.bytes), fullPages: Number(rows[0]?.fullPages) };
}

interface TableBytes {
  readonly name: string;
  /** Of a file, heap and TOAST, and dead rows, since there are always some. */
  readonly heap: number;
  readonly index: number;
  /** Share of updates that changed no index. */
  readonly heapOnly: number;
}

async function bytesOf({ kysely }: Database, files: number): Promise<readonly TableBytes[]> {
  await sql`select pg_stat_force_next_flush()`.execute(kysely);
  const { rows } = await sql<TableBytes>`
    select relname as name, pg_table_size(relid)::float8 / ${files} as heap, pg_indexes_size(relid)::float8 / ${files} as index,
      n_tup_hot_upd::float8 / nullif(n_tup_upd, 0) as "heapOnly"
    from pg_stat_user_tables
    where relname in ('interval_blocks', 'raw_files', 'normalize_attempts', 'upload_requests', 'raw_file_meters')
    order by relname`.execute(kysely);
  return rows;
}

function figuresOf({ name, heap, index, heapOnly }: TableBytes): readonly Figure[] {
  return [
    figure(`${name}: heap of a file`, 'bytes', [heap]),
    figure(`${name}: indexes of a file`, 'bytes', [index]),
    ...(heapOnly === null ? [] : [figure(`${name}: heap-only updates`, '×', [heapOnly])]),
  ];
}
