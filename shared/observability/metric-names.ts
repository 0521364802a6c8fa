/**
 * Every metric of this system, declared once: functions emit them, alarms and dashboard name them, and a test compares
 * the two. All have one dimension, `service`, with one value, so that a metric that two functions emit is one series;
 * RejectedRows is emitted as a total, and for each `reason`.
 */
export const metricNamespace = 'SmtIngest';
export const metricService = 'smt-ingest';

/** Metric → unit. */
export const metricUnits = {
  /** Object versions that got their row. */
  FilesRegistered: 'Count',
  /** Of these, the ones whose bytes were normalized before. */
  FilesDuplicate: 'Count',
  FilesNormalized: 'Count',
  FilesIgnored: 'Count',
  FilesFailed: 'Count',
  BytesRead: 'Bytes',
  RowsRead: 'Count',
  IntervalsInserted: 'Count',
  RejectedRows: 'Count',
  MissingKwh: 'Count',
  /** Daily and monthly reads that were new. */
  ReadsInserted: 'Count',
  /** Of the days that a file holds: whole days whose intervals add up to SMT's daily read. */
  DaysAgreeing: 'Count',
  /** Likewise: midnights at which the register jumped, since a meter was exchanged. */
  RegisterBreaks: 'Count',
  /** Of the sweep: recently noticed days whose intervals do not add up to SMT's daily read. */
  DaysDiffering: 'Count',
  /** Of the sweep: recently noticed days with a daily read by SMT and missing intervals. */
  DaysMissing: 'Count',
  /** One finished attempt. */
  NormalizeDurationMs: 'Milliseconds',
  /** From S3's LastModified to the commit that made a file's intervals visible. */
  UploadToQueryableSeconds: 'Seconds',
  AuthenticationFailures: 'Count',
  /** Of the sweep: object versions without a row that it registered. */
  UnregisteredObjects: 'Count',
  /** Of the sweep: rows that stayed registered or normalizing for too long. */
  StuckFiles: 'Count',
  OldestUnfinishedAgeSeconds: 'Seconds',
  /** Of the sweep: granted uploads whose object never arrived. */
  PresignedNotUploaded: 'Count',
  /** Of the sweep: days from the newest day stored to today; absent while nothing is stored. */
  NewestDayAgeDays: 'Count',
  /** Of the sweep: ESIIDs with intervals in the last thirty days and none for the last days, and their share. */
  DormantEsiids: 'Count',
  DormantPercent: 'Percent',
  /** Of the sweep: sources that bring data on most days, and bring none. */
  LateSources: 'Count',
  /** Of the sweep: since a sync last came to the end of a run, of the one for which that is longest; absent where none reports its runs. */
  SyncSilenceSeconds: 'Seconds',
} as const satisfies Record<string, 'Count' | 'Bytes' | 'Milliseconds' | 'Seconds' | 'Percent'>;

export type MetricName = keyof typeof metricUnits;
