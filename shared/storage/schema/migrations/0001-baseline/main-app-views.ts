import { currentIntervals } from './interval-views.ts';

/** Rejects writes to the view with the route to call instead. */
function rejectWrites(view: string, hints: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(hints).map(
    ([operation, hint]) =>
      `create trigger reject_${operation.replaceAll(' ', '_')} instead of ${operation} on ${view}
        for each row execute function reject_main_app_write('${hint}')`,
  );
}

const midnightInUtc = `timezone('UTC', timezone('America/Chicago', block.usage_date::timestamp))`;

/**
 * What the main app reads through Prisma, in the types of its models: "SmtInterval" and raw_smt_files.
 *
 * Their timestamps are timestamp(3) without time zone, in UTC, because the app converts them by
 * `(ts AT TIME ZONE 'UTC') AT TIME ZONE 'America/Chicago'`: on a timestamptz that converts the other way, without an error,
 * and days and hours are off by 10 to 12 hours.
 *
 * "SmtInterval" does not read smt_intervals: from a midnight in UTC, `ts` is one addition, without a time zone for each interval.
 * Over 3.5 M intervals that halves a condition on ts without an ESIID (0.8 s of CPU, 1.5 before). Such a condition still reads every
 * block: nothing in SQL derives a condition on a day from one on an expression of it. A table of all quarter hours to join by
 * would, but then a year of one ESIID looks up each value in its array (35,000 lookups of 2 µs). So the view has usage_date as
 * well, for statements that can name it.
 *
 * Both views are read-only; a statement that matches no row, such as deleting the intervals of an ESIID that has none, changes
 * nothing and succeeds.
 */
export const mainAppViews: readonly string[] = [
  `create view "SmtInterval" as
    select
      interval.esiid || ':' || extract(epoch from interval.ts)::bigint as id,
      interval.esiid,
      coalesce(interval.meter, '') as meter,
      interval.ts::timestamp(3) as ts,
      interval.kwh::numeric(10, 5) as kwh,
      interval.estimated as filled,
      file.source,
      timezone('UTC', file.created_at)::timestamp(3) as "createdAt",
      timezone('UTC', file.updated_at)::timestamp(3) as "updatedAt",
      interval.usage_date
    from (${currentIntervals({ where: '', and: '' }, midnightInUtc)}) interval
    left join raw_files file on file.id = interval.raw_file_id
    where interval.channel = 'consumption'`,
  `create view raw_smt_files as
    select
      id,
      filename,
      least(size_bytes, 2147483647)::integer as size_bytes,
      coalesce(sha256, '') as sha256,
      source,
      content_type,
      object_key as storage_path,
      null::bytea as content,
      timezone('UTC', received_at)::timestamp(3) as received_at,
      timezone('UTC', created_at)::timestamp(3) as created_at,
      timezone('UTC', updated_at)::timestamp(3) as updated_at,
      status
    from raw_files`,

  `create function reject_main_app_write() returns trigger language plpgsql as $$
    begin
      raise exception 'The view % is read-only', quote_ident(tg_table_name)
        using errcode = 'feature_not_supported', hint = tg_argv[0];
    end $$`,
  ...rejectWrites('"SmtInterval"', {
    'insert or update': 'Upload the file that has the intervals: POST /api/admin/smt/raw-upload.',
    delete: 'To erase an ESIID with all that is stored of it: POST /api/admin/smt/erasures.',
  }),
  ...rejectWrites('raw_smt_files', {
    insert: 'Upload the file: POST /api/admin/smt/raw-upload.',
    update: 'To load a file again: POST /api/admin/smt/normalize?id=ID.',
    delete:
      'Raw files stay when they are processed; their status shows which are pending. To withdraw one: POST /api/admin/smt/raw-files/ID/withdraw.',
  }),
];
