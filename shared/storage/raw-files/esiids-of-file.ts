import { type RawBuilder, sql } from 'kysely';
import { esiidsNamed } from '../load/finish-raw-file.ts';

/** The first thousand ESIIDs with intervals in a file, without erased ones, in order, as an array expression. */
export function esiidsOfFile(id: RawBuilder<unknown>): RawBuilder<string[]> {
  return sql`array(
    select distinct meter.esiid from raw_file_meters meter
    where meter.raw_file_id = ${id} and not exists (select from erased_esiids erased where erased.esiid = meter.esiid)
    order by 1 limit ${esiidsNamed}
  )`;
}

/** Ids of the files that hold an ESIID, or have it as their hint, as a subquery. */
export function filesOfEsiid(esiid: string): RawBuilder<unknown> {
  return sql`(
    select hinted.id from raw_files hinted where hinted.esiid = ${esiid}
    union all
    select meter.raw_file_id from raw_file_meters meter where meter.esiid = ${esiid}
  )`;
}
