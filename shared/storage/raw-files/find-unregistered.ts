import { sql } from 'kysely';
import type { Database } from '../database.ts';
import { storableText } from '../storable-text.ts';

interface Version {
  readonly bucket: string;
  readonly objectKey: string;
  readonly versionId: string;
}

/**
 * Which of these object versions have no row. One anti-join on the unique key, however many they are. Keys are compared in their
 * stored form, see {@link storableText}.
 */
export async function findUnregistered<V extends Version>(
  { kysely }: Database,
  versions: readonly V[],
): Promise<V[]> {
  const { rows } = await sql<{ position: number }>`
    select position::int
    from unnest(
      ${versions.map(({ bucket }) => bucket)}::text[],
      ${versions.map(({ objectKey }) => storableText(objectKey))}::text[],
      ${versions.map(({ versionId }) => versionId)}::text[]
    ) with ordinality as listed (bucket, object_key, version_id, position)
    where not exists (
      select from raw_files file
      where file.bucket = listed.bucket and file.object_key = listed.object_key and file.version_id = listed.version_id
    )
    order by position`.execute(kysely);
  return rows.flatMap(({ position }) => versions[position - 1] ?? []);
}
