/** Rejects writes to the view with the route to call instead. */
function rejectWrites(view: string, hints: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(hints).map(
    ([operation, hint]) =>
      `create trigger reject_${operation.replaceAll(' ', '_')} instead of ${operation} on ${view}
        for each row execute function reject_main_app_write('${hint}')`,
  );
}

/**
 * What the main app reads through Prisma, in the types of its models: "SmtInterval" (in interval-views.ts) and raw_smt_files.
 *
 * Their timestamps are timestamp(3) without time zone, in UTC, because the app converts them by
 * `(ts AT TIME ZONE 'UTC') AT TIME ZONE 'America/Chicago'`: on a timestamptz that converts the other way, without an error,
 * and days and hours are off by 10 to 12 hours.
 *
 * Both views are read-only; a statement that matches no row, such as deleting the intervals of an ESIID that has none, changes
 * nothing and succeeds.
 */
export const mainAppViews: readonly string[] = [
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
