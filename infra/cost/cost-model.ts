import { prices } from './prices.ts';

const daysPerMonth = 365 / 12;
const hoursPerMonth = daysPerMonth * 24;
const sweepsPerMonth = (daysPerMonth * 24 * 60) / 5;
const gb = 1e9;

/** The load: each day, one file of one day for each ESIID. */
export interface Installation {
  readonly name: string;
  readonly esiids: number;
  /** Average, over a month; 0.5 is the minimum that does not pause. */
  readonly auroraAcu: number;
}

/** What a file of one ESIID-day takes. Sizes and counts are measured on a local run, durations a guess at twice that. */
const perFile = {
  intervals: 96,
  bytes: 8_200,
  presignSeconds: 0.1,
  registerSeconds: 0.12,
  normalizeSeconds: 0.12,
  /** Sent by register, received (in batches) and deleted. */
  sqsRequests: 3,
  /** HEAD by register, GET by normalize. */
  s3Reads: 2,
  logBytes: 4_000,
  /** A row of raw_files, of raw_file_meters and a block, with their indexes, and a quarter of a year of attempt and upload request. */
  databaseBytes: 2_300,
  /** Writes of the log and reads of pages that are not cached; for large installations most of a file's rows are new pages. */
  databaseIos: 12,
} as const;

const memoryGb = { presign: 0.25, register: 0.5, normalize: 1769 / 1024, sweep: 0.5 } as const;
/** Two of them polling the dead-letter queue and the failure destination. */
const sweepSeconds = 3;
/** Lambda polls an idle queue with five long polls of 20 seconds at a time (Lambda's guide, "SQS polling"). */
const pollsPerMonth = (5 * hoursPerMonth * 3600) / 20;
const maxPagesPerSweep = 20;
/** Of the uploads of the last seven hours, which are there for as long a part of the day. */
const maxRecentPagesPerSweep = 200;
const recentShareOfDay = 7 / 24;
/** Own metrics, metrics that alarms evaluate (three alarms at two), secrets. */
const monitored = { metrics: 33, alarmMetrics: 29, secrets: 3 } as const;

export interface CostLine {
  readonly what: string;
  readonly arithmetic: string;
  readonly usdPerMonth: number;
}

const amount = (value: number) => value.toLocaleString('en-US', { maximumSignificantDigits: 3 });

/** The cost without any file. */
export function fixedCosts(): readonly CostLine[] {
  const { metrics, alarmMetrics, secrets } = monitored;
  const monitoring =
    metrics * prices.metricMonth +
    alarmMetrics * prices.alarmMonth +
    prices.compositeAlarmMonth +
    prices.dashboardMonth;
  const sweep =
    sweepsPerMonth * (sweepSeconds * memoryGb.sweep * prices.lambdaGbSecond + prices.lambdaRequest);
  const listing = sweepsPerMonth * (3 * prices.s3List + prices.s3Put + prices.s3Get);
  return [
    {
      what: 'CloudWatch',
      arithmetic: `${metrics} metrics × $0.30 + ${alarmMetrics} metrics of alarms × $0.10 + composite $0.50 + dashboard $3`,
      usdPerMonth: monitoring,
    },
    {
      what: 'Secrets',
      arithmetic: `${secrets} × $0.40`,
      usdPerMonth: secrets * prices.secretMonth,
    },
    {
      what: 'Polling of the normalize queue',
      arithmetic: `5 × ${hoursPerMonth.toFixed(0)} h / 20 s × $0.0000004`,
      usdPerMonth: pollsPerMonth * prices.sqsRequest,
    },
    {
      what: 'Sweep',
      arithmetic: `${sweepsPerMonth.toFixed(0)} runs × (${sweepSeconds} s × ${memoryGb.sweep} GB × $0.0000133334 + $0.0000002 + 3 LIST, a PUT, a GET)`,
      usdPerMonth: sweep + listing,
    },
  ];
}

/** The cost of loading one million intervals: 10,417 files of one ESIID-day each. */
export function costsPerMillionIntervals(): readonly CostLine[] {
  const files = 1e6 / perFile.intervals;
  const gbSeconds =
    perFile.presignSeconds * memoryGb.presign +
    perFile.registerSeconds * memoryGb.register +
    perFile.normalizeSeconds * memoryGb.normalize;
  const perOne: readonly (readonly [string, string, number])[] = [
    [
      'Lambda',
      `${gbSeconds.toFixed(3)} GB-s × $0.0000133334 + 2.1 × $0.0000002`,
      gbSeconds * prices.lambdaGbSecond + 2.1 * prices.lambdaRequest,
    ],
    ['HTTP API', '1 × $0.000001', prices.httpApiRequest],
    ['S3 requests', '1 PUT + 2 GET', prices.s3Put + perFile.s3Reads * prices.s3Get],
    [
      'SQS and SNS',
      '3 × $0.0000004 + 1 × $0.0000005',
      perFile.sqsRequests * prices.sqsRequest + prices.snsPublish,
    ],
    ['Logs', `${perFile.logBytes} B × $0.50/GB`, (perFile.logBytes / gb) * prices.logsGb],
    ['Aurora I/O', `${perFile.databaseIos} × $0.0000002`, perFile.databaseIos * prices.auroraIo],
  ];
  return perOne.map(([what, arithmetic, usdPerFile]) => ({
    what,
    arithmetic: `${files.toFixed(0)} files × (${arithmetic})`,
    usdPerMonth: files * usdPerFile,
  }));
}

/** A month of an installation, with a year's files and rows stored. */
export function monthlyCosts({ esiids, auroraAcu }: Installation): readonly CostLine[] {
  const filesPerMonth = esiids * daysPerMonth;
  const intervalsPerMonth = filesPerMonth * perFile.intervals;
  const sum = (lines: readonly CostLine[]) =>
    lines.reduce((total, { usdPerMonth }) => total + usdPerMonth, 0);
  const perMillion = sum(costsPerMillionIntervals());
  const storedGb = (filesPerMonth * 12 * perFile.bytes) / gb;
  const allPages = Math.max(1, Math.min(maxPagesPerSweep, Math.ceil((filesPerMonth * 12) / 1000)));
  const recentPages = Math.min(maxRecentPagesPerSweep, Math.floor(esiids / 1000)) * recentShareOfDay;
  const pages = Math.round(allPages + recentPages);
  const databaseGb = (filesPerMonth * 12 * perFile.databaseBytes) / gb;
  return [
    { what: 'Fixed', arithmetic: 'above', usdPerMonth: sum(fixedCosts()) },
    {
      what: 'Files',
      arithmetic: `${amount(intervalsPerMonth / 1e6)} M intervals × $${perMillion.toFixed(3)}`,
      usdPerMonth: (intervalsPerMonth / 1e6) * perMillion,
    },
    {
      what: 'Listing by the sweep',
      arithmetic: `${sweepsPerMonth.toFixed(0)} runs × ${pages} pages of 1,000 × $0.000005, past the first`,
      usdPerMonth: sweepsPerMonth * (pages - 1) * prices.s3List,
    },
    {
      what: 'S3 storage',
      arithmetic: `${amount(storedGb)} GB × $0.023`,
      usdPerMonth: storedGb * prices.s3GbMonth,
    },
    {
      what: 'Aurora storage',
      arithmetic: `${amount(databaseGb)} GB × $0.10`,
      usdPerMonth: databaseGb * prices.auroraGbMonth,
    },
    {
      what: 'Aurora',
      arithmetic: `${auroraAcu} ACU × ${hoursPerMonth.toFixed(0)} h × $0.12`,
      usdPerMonth: auroraAcu * hoursPerMonth * prices.auroraAcuHour,
    },
  ];
}
