import { assumed, functions, measured, prices } from './figures.ts';

/** A daily delivery: number of meters, and meters per file. */
export interface Delivery {
  readonly meters: number;
  readonly metersPerFile: number;
  /** How long the files take to arrive. */
  readonly seconds: number;
}

/** What one file costs from upload to normalized. */
export interface FileCost {
  readonly rawUploadMs: number;
  readonly registerMs: number;
  readonly normalizeMs: number;
  readonly postgresCpuMs: number;
  readonly sizeBytes: number;
}

const intervalsPerMeterDay = 96;
const mbPerVcpu = 1_769;
export const daysPerMonth = 30.4;
const gb = 1e9;

/** Durations on Lambda: CPU by the function's share of a vCPU, and the waits for other services. */
export function costOf(
  { metersPerFile }: Pick<Delivery, 'metersPerFile'>,
  normalizeMb: number = functions.normalizeMb,
): FileCost {
  const { smallFile, millionIntervals, meterDayFileBytes } = measured;
  const { s3GetMs, s3HeadMs, sqsSendMs, snsPublishMs, sqlMs, commitMs } = assumed;
  const extraMillions = ((metersPerFile - 1) * intervalsPerMeterDay) / 1e6;
  const unzipped = metersPerFile * meterDayFileBytes;
  return {
    rawUploadMs: onLambda(smallFile.rawUploadCpuMs, functions.rawUploadMb) + 2 * sqlMs + commitMs,
    registerMs:
      onLambda(smallFile.registerCpuMs, functions.registerMb) + s3HeadMs + sqsSendMs + 2 * (sqlMs + commitMs),
    normalizeMs:
      onLambda(smallFile.normalizeCpuMs + extraMillions * millionIntervals.normalizeCpuMs, normalizeMb) +
      s3GetMs +
      snsPublishMs +
      3 * (sqlMs + commitMs),
    postgresCpuMs: smallFile.postgresCpuMs + extraMillions * millionIntervals.postgresCpuMs,
    sizeBytes: metersPerFile === 1 ? unzipped : unzipped / assumed.zipRatio,
  };
}

function onLambda(cpuMs: number, memoryMb: number): number {
  return cpuMs / Math.min(1, memoryMb / mbPerVcpu);
}

/** Dollars that the normalize function takes for a million files if it has this much memory. */
export function normalizeDollars(delivery: Pick<Delivery, 'metersPerFile'>, normalizeMb: number): number {
  const gbSeconds = 1e6 * (costOf(delivery, normalizeMb).normalizeMs / 1000) * (normalizeMb / 1024);
  return gbSeconds * prices.lambdaGbSecond + prices.lambdaMillionRequests;
}

/** What a delivery takes of each part while it arrives, if nothing is to wait. */
export function demandOf(delivery: Delivery) {
  const cost = costOf(delivery);
  const files = delivery.meters / delivery.metersPerFile;
  const filesPerSecond = files / delivery.seconds;
  const atOnce = (ms: number) => (filesPerSecond * ms) / 1000;
  const vcpus = (filesPerSecond * cost.postgresCpuMs) / 1000 / assumed.databaseUse;
  return {
    files,
    filesPerSecond,
    rawUploads: atOnce(cost.rawUploadMs),
    registers: atOnce(cost.registerMs),
    normalizes: atOnce(cost.normalizeMs),
    transactionsPerSecond: filesPerSecond * measured.smallFile.transactions,
    acus: vcpus / assumed.vcpusPerAcu,
    walMbPerSecond: (filesPerSecond * walBytesOf(delivery)) / 1e6,
  };
}

/** The log of a further meter is what it stores; the rest is the file's records, rewritten as its status changes. */
function walBytesOf({ metersPerFile }: Delivery): number {
  return (
    measured.smallFile.walBytes + (metersPerFile - 1) * (measured.blockBytes + measured.meterBytes) * 1.1
  );
}

/** Gigabytes that a year adds; attempts and upload requests only until the first of them are deleted. */
export function yearlyGb(delivery: Delivery) {
  const files = (delivery.meters / delivery.metersPerFile) * 365;
  const { recordBytes, youngRecordBytes, youngDays } = measured.smallFile;
  const meterDays = delivery.meters * 365 * (1 + assumed.revisedShare);
  return {
    blocks: (meterDays * (measured.blockBytes + measured.meterBytes)) / gb,
    records: (files * (recordBytes + (youngRecordBytes * youngDays) / 365)) / gb,
    objects: (files * costOf(delivery).sizeBytes) / gb,
  };
}

/** Dollars of a month, in the first year's middle for what grows. */
export function monthlyDollars(delivery: Delivery) {
  const cost = costOf(delivery);
  const demand = demandOf(delivery);
  const year = yearlyGb(delivery);
  const millions = (demand.files * daysPerMonth) / 1e6;
  const gbSeconds =
    (millions *
      1e6 *
      (cost.rawUploadMs * functions.rawUploadMb +
        cost.registerMs * functions.registerMb +
        cost.normalizeMs * functions.normalizeMb)) /
    1000 /
    1024;
  const halfAcuHours = 0.5 * 24 * daysPerMonth;
  const busyAcuHours = (Math.max(0, demand.acus - 0.5) * delivery.seconds * daysPerMonth) / 3600;
  return {
    lambda: gbSeconds * prices.lambdaGbSecond + 2.1 * millions * prices.lambdaMillionRequests,
    messages: millions * (prices.apiMillion + 1.2 * prices.sqsMillion + prices.snsMillion),
    s3:
      millions * 1000 * (prices.s3ThousandPuts + 2 * prices.s3ThousandGets) +
      (year.objects / 2) * prices.s3GbMonth,
    aurora: (halfAcuHours + busyAcuHours) * prices.acuHour,
    storage:
      ((year.blocks + year.records) / 2) * prices.databaseGbMonth +
      iosOf(delivery) * prices.databaseMillionIos,
  };
}

/** Millions of page writes and reads a month: a leaf of the blocks' key per block once it has outgrown memory, and the log. */
function iosOf(delivery: Delivery): number {
  const files = (delivery.meters / delivery.metersPerFile) * daysPerMonth;
  const logWrites = (files * walBytesOf(delivery)) / 4096;
  return (logWrites + delivery.meters * daysPerMonth) / 1e6;
}
