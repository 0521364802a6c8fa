const texts = {
  'table raw_files':
    'One row for each version of an object in the S3 bucket: a delivered file, its status, and the counts of its rows.',
  'column raw_files status':
    'registered and normalizing are pending; normalized, failed, ignored, duplicate and withdrawn are final until a replay.',
  'column raw_files exceptional_status':
    'The status, where it is final and not normalized: few files, which have an index by it.',
  'column raw_files received_at':
    'When S3 received the object. Replaces the revision stamp of a file that has none.',
  'column raw_files esiid':
    'A hint sent with the upload or named in the key, for files without an ESIID column.',
  'column raw_files duplicate_of': 'The file with the same bytes that was loaded before.',
  'column raw_files self_contained':
    'Every row names its ESIID and revision stamp: the bytes alone determine what is loaded.',
  'table unfinished_files':
    'Raw files that are pending, or normalized and not announced; a trigger on raw_files keeps it.',
  'table normalize_attempts': 'Each attempt to load a raw file, and how it ended.',
  'table upload_requests':
    'Presigned uploads that were granted, so that those that never arrived can be reported.',
  'table sync_runs':
    'The last run of each sync that delivers the files of a folder, by its source, as it reported it: also if it found nothing.',
  'column sync_runs succeeded_at':
    'When a run last came to its end; of the first report, if none has. Files that failed do not count.',
  'column sync_runs error_code': 'What ended the last run early; null if it came to its end.',
  'column sync_runs files_listed': 'Files in the folder; null if it could not be listed.',
  'column sync_runs files_duplicate': 'Of the files delivered, those whose bytes were stored already.',
  'column sync_runs file_error_code': 'Of the file that failed last in that run.',
  'column sync_runs newest_modified_at':
    'The newest modification time of a file in the folder, by the clock of its server.',
  'table rejected_rows':
    'The first hundred rows of a raw file that could not be used; the counts in raw_files are complete.',
  'table raw_file_meters': 'Which ESIIDs, channels and days each raw file holds.',
  'column raw_file_meters changed_xid':
    'The transaction that last changed these days. Read in its order below the xmin of the snapshot, nothing that commits late is skipped.',
  'table interval_blocks':
    'The intervals of one ESIID, channel and day in one revision, as read from a file. Rows are never updated to load another.',
  'column interval_blocks usage_date': 'The day in America/Chicago.',
  'column interval_blocks revised_at':
    'The revision stamp; of two revisions the later one wins, interval by interval.',
  'column interval_blocks content': 'Hash of the values: the same revision loaded again is the same row.',
  'column interval_blocks wh':
    'Wh of each 15 minutes from local midnight: 96 values, 92 or 100 on days of a clock change; null where the file has none. Null as a whole where kwh holds the block.',
  'column interval_blocks kwh':
    'The same in kWh, of a block with a value that is no whole number of Wh or more than 32.767 kWh; else null. The view smt_blocks reads both.',
  'column interval_blocks estimated': 'A bit for each value, 1 where it is an estimate; null when none is.',
  'column interval_blocks meter': 'The meter as the file names it; not part of the key.',
  'column interval_blocks raw_file_id': 'The first file loaded that holds this block.',
  'column interval_blocks loaded_at':
    'When the block was loaded; smt_intervals_as_of reads the blocks loaded by a given time.',
  'view smt_blocks':
    'interval_blocks with the values in kWh, whichever column holds them: every revision. Fast as interval_blocks by esiid, channel and usage_date.',
  'column smt_blocks kwh':
    'kWh of each 15 minutes from local midnight: 96 values, 92 or 100 on days of a clock change; null where the file has none.',
  'column smt_blocks slots': 'The number of 15 minutes of the day: 92, 96 or 100.',
  'column smt_blocks intervals': 'How many of them have a value.',
  'view smt_intervals':
    'One row for each interval, in its current revision, both channels. Fast by esiid, and by esiid and usage_date; a condition on ts alone reads every block.',
  'column smt_intervals ts': 'Start of the interval, an instant.',
  'column smt_intervals usage_date': 'The day in America/Chicago.',
  'column smt_intervals estimated': 'SMT estimated the value.',
  'view SmtInterval':
    'Intervals as the main app models them: consumption only, timestamps in UTC without time zone, read-only. Fast by esiid; a condition on ts alone reads every block, one on usage_date expands only the blocks of those days.',
  'column SmtInterval ts': 'Start of the interval in UTC, without time zone.',
  'column SmtInterval usage_date':
    'The day in America/Chicago: beside a condition on ts without an ESIID, it leaves out the other days.',
  'column SmtInterval meter': 'Empty where the file names no meter.',
  'column SmtInterval filled': 'SMT estimated the value.',
  'column SmtInterval source': 'Source of the file that contained it, such as droplet-upload.',
  'view raw_smt_files':
    'Raw files as the main app models them, and their status; read-only. The table is raw_files.',
  'column raw_smt_files storage_path': 'The key of the object in the bucket.',
  'column raw_smt_files content': 'Always null: the bytes are in the bucket.',
  'column raw_smt_files size_bytes': 'At most 2147483647, which is what the model can hold.',
  'view smt_days':
    'A row for each ESIID, channel and day: sum, number of intervals and of those expected (92, 96 or 100), estimates, peak. Fast by esiid, usage_date or both; a year of one ESIID costs as much as its intervals.',
  'column smt_days peak_kwh': 'The greatest interval; times four, the peak in kW.',
  'table daily_reads':
    "SMT's daily reads: the energy of a day of one ESIID and channel, with the meter's register at its two midnights. Every revision.",
  'table monthly_reads': "SMT's monthly reads: the energy billed for a period. Every revision.",
  'table repeated_content':
    'Keys of rows that a file held too when another had brought them: they stay when the other is withdrawn.',
  'table day_disagreements':
    'Days whose audit did not agree when last looked at: an index for alarms. smt_day_audit has the truth.',
  'table erased_esiids': 'ESIIDs that are left out of every load until their erasure is lifted.',
  'table erased_objects': 'Object versions that hold only an erased ESIID, and when they were deleted in S3.',
  'table removals': 'The audit trail of withdrawals and erasures: who, when, why.',
  'view smt_daily_reads': "SMT's daily reads in their current revision. Fast by esiid, and by usage_date.",
  'column smt_daily_reads kwh': 'The energy of the day, as SMT reports it.',
  'column smt_daily_reads register_kwh':
    'How far the register advanced from midnight to midnight; null where the meter was exchanged.',
  'view smt_monthly_reads':
    "SMT's monthly reads in their current revision: periods from start_date to before end_date. Fast by esiid.",
  'view smt_day_audit':
    'Each day that has intervals or a daily read, and whether the two agree. Fast by esiid, and by usage_date with a status.',
  'column smt_day_audit status':
    'agrees, differs (a whole day with another sum), incomplete (intervals missing), missing (a read, no interval), unaudited (no read).',
  'column smt_day_audit difference_kwh': 'Sum of the intervals minus the daily read.',
  'column smt_day_audit running_difference_kwh':
    'Register minus daily reads, summed over a week: midnight estimates cancel out in it.',
  'view smt_month_audit':
    "Each billing period, and whether the meter's register or else the intervals agree with the bill. Fast by esiid.",
  'view smt_register_breaks':
    'Days after which the register goes on from another reading: an exchanged meter, or a read that was lost or wrong. Fast by esiid.',
  'view smt_interval_days':
    'A row for each ESIID, channel and day with intervals: their sum and number. Without an ESIID a tenth of the time of counting intervals.',
  'view smt_latest':
    'The newest interval of each ESIID and channel. A few index lookups for each ESIID; fast by esiid.',
} as const;

/** For `\d+` in psql: what tables, views and columns hold, with units, time zones and the meaning of null. */
export const comments: readonly string[] = Object.entries(texts).map(([name, text]) => {
  const [kind = '', ...path] = name.split(' ');
  return `comment on ${kind} ${path.map((part) => `"${part}"`).join('.')} is '${text.replaceAll("'", "''")}'`;
});
