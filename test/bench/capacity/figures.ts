/**
 * What the model starts from. CPU times are of one core of the machine in RESULTS.md, which is taken for a vCPU of Lambda
 * and of Aurora; the sizes are Postgres' own.
 */
export const measured = {
  /** `small-files`: CPU of a file of one meter-day. */
  smallFile: {
    rawUploadCpuMs: 3.6,
    registerCpuMs: 6.4,
    normalizeCpuMs: 8.5,
    postgresCpuMs: 7.4,
    /** `records`: without full-page images, which Aurora does not write. */
    walBytes: 5_700,
    /** `records`: the row of raw_files with its indexes. */
    recordBytes: 1_430,
    /** `records`: of normalize_attempts and upload_requests, which are deleted after these days. */
    youngRecordBytes: 790,
    youngDays: 90,
    transactions: 6,
  },
  /** `texas`: in zips of 10,000 meters. */
  millionIntervals: { normalizeCpuMs: 700, postgresCpuMs: 400 },
  /** `texas`: a meter-day, heap and index, after a month of days. */
  blockBytes: 430,
  /** `records`: raw_file_meters of a file and meter, heap and indexes. */
  meterBytes: 205,
  /** SMT's CSV: 96 rows. */
  meterDayFileBytes: 7_900,
} as const;

/** How long a service takes to respond within a region: typical values, not measured here. */
export const assumed = {
  s3GetMs: 25,
  s3HeadMs: 15,
  sqsSendMs: 10,
  snsPublishMs: 15,
  sqlMs: 2,
  commitMs: 4,
  /** Share of a database's CPU that may be used before queries wait for each other. */
  databaseUse: 0.7,
  /** Days that come again in a newer revision. */
  revisedShare: 0.05,
  /** Aurora Serverless: an ACU is 2 GiB of memory and the CPU that belongs to it. */
  vcpusPerAcu: 0.25,
  /** Zipped, as delivered. */
  zipRatio: 8,
} as const;

/** us-east-1, USD; see the design's sources. */
export const prices = {
  lambdaGbSecond: 0.0000133334,
  lambdaMillionRequests: 0.2,
  apiMillion: 1,
  sqsMillion: 0.4,
  snsMillion: 0.5,
  s3ThousandPuts: 0.005,
  s3ThousandGets: 0.0004,
  s3GbMonth: 0.023,
  acuHour: 0.12,
  databaseGbMonth: 0.1,
  databaseMillionIos: 0.2,
} as const;

/** What infra/ sets: memory decides the share of a vCPU, 1,769 MB being one. */
export const functions = {
  rawUploadMb: 256,
  registerMb: 512,
  normalizeMb: 1_769,
} as const;
