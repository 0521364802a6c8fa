import type { Selectable } from 'kysely';
import type { Database } from '../database.ts';
import type { RawFilesTable } from '../tables.ts';

type RawFileRow = Selectable<RawFilesTable>;

const countColumns = [
  'size_bytes',
  'rows_read',
  'intervals_read',
  'daily_reads_read',
  'monthly_reads_read',
  'duplicate_rows',
  'conflicting_rows',
  'missing_kwh',
  'nonexistent_hour',
  'invalid_esiid',
  'invalid_timestamp',
  'invalid_kwh',
  'invalid_reading',
  'invalid_row',
  'blocks_inserted',
  'blocks_unchanged',
  'intervals_inserted',
  'daily_reads_inserted',
  'monthly_reads_inserted',
  'blocks_suppressed',
] as const;
type CountColumn = (typeof countColumns)[number];

/** A row of raw_files in JSON form: counts are numbers, ids and hashes strings, times ISO instants in UTC. */
export type RawFile = {
  readonly [Column in keyof RawFileRow]: Column extends CountColumn
    ? number
    : Date extends RawFileRow[Column]
      ? string | Extract<RawFileRow[Column], null>
      : RawFileRow[Column];
};

/** The row of this id, or null. */
export async function getRawFile({ kysely }: Database, id: string): Promise<RawFile | null> {
  const row = await kysely.selectFrom('raw_files').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : toRawFile(row);
}

/** The row of an object version, or, without a versionId, of the version registered last; null if there is none. */
export async function findRawFileByObject(
  { kysely }: Database,
  object: { readonly bucket: string; readonly objectKey: string; readonly versionId?: string },
): Promise<RawFile | null> {
  let query = kysely
    .selectFrom('raw_files')
    .selectAll()
    .where('bucket', '=', object.bucket)
    .where('object_key', '=', object.objectKey);
  if (object.versionId !== undefined) query = query.where('version_id', '=', object.versionId);
  const row = await query.orderBy('id', 'desc').limit(1).executeTakeFirst();
  return row === undefined ? null : toRawFile(row);
}

function toRawFile(row: RawFileRow): RawFile {
  const counts = new Set<string>(countColumns);
  const entries = Object.entries(row).map(([column, value]) => {
    if (value instanceof Date) return [column, value.toISOString()];
    return [column, counts.has(column) ? Number(value) : value];
  });
  return Object.fromEntries(entries) as RawFile;
}
