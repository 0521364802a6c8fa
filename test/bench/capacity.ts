import {
  costOf,
  type Delivery,
  daysPerMonth,
  demandOf,
  monthlyDollars,
  normalizeDollars,
  yearlyGb,
} from './capacity/model.ts';
import { type Limits, play } from './capacity/play.ts';

/** Prints the tables of capacity.md. */

const twoHours = 7_200;
const deliveries: Readonly<Record<string, Delivery>> = {
  '10 thousand meters, a file each': { meters: 10_000, metersPerFile: 1, seconds: twoHours },
  '1 million meters, a file each': { meters: 1_000_000, metersPerFile: 1, seconds: twoHours },
  '8 million meters, a file each': { meters: 8_000_000, metersPerFile: 1, seconds: twoHours },
  '8 million meters, zips of 10,000': { meters: 8_000_000, metersPerFile: 10_000, seconds: twoHours },
};

/** As infra/config/prod.json has them, and as they have to be for Texas. */
const asDeployed: Limits = { uploadsPerSecond: 50, registers: 10, normalizes: 10, acus: 16 };
const forTexas: Limits = { uploadsPerSecond: 2_000, registers: 150, normalizes: 150, acus: 128 };

console.log('## What a delivery takes while it arrives\n');
table(
  ['', 'files/s', 'raw-upload λ', 'register λ', 'normalize λ', 'ACU', 'transactions/s', 'log MB/s'],
  deliveries,
  (delivery) => {
    const d = demandOf(delivery);
    const values = [d.filesPerSecond, d.rawUploads, d.registers, d.normalizes, d.acus];
    return [...values, d.transactionsPerSecond, d.walMbPerSecond].map((value) => rounded(value));
  },
);
console.log('\n## What one file costs\n');
table(['', 'raw-upload', 'register', 'normalize', 'CPU in Postgres'], deliveries, (delivery) => {
  const c = costOf(delivery);
  return [c.rawUploadMs, c.registerMs, c.normalizeMs, c.postgresCpuMs].map((ms) => `${rounded(ms)} ms`);
});
console.log("\n## What normalize's memory costs\n");
const memories = Object.fromEntries([512, 884, 1_769, 3_538].map((mb) => [`${mb} MB`, mb]));
const [small, zip] = [{ metersPerFile: 1 }, { metersPerFile: 10_000 }];
table(['', 'a meter-day', 'a million of them', 'a zip of 10,000', 'a thousand of them'], memories, (mb) => [
  `${rounded(costOf(small, mb).normalizeMs)} ms`,
  `$${rounded(normalizeDollars(small, mb))}`,
  `${rounded(costOf(zip, mb).normalizeMs)} ms`,
  `$${rounded(normalizeDollars(zip, mb) / 1000)}`,
]);
console.log('\n## What a year adds\n');
table(['', 'blocks', "files' records", 'objects'], deliveries, (delivery) => {
  const y = yearlyGb(delivery);
  return [y.blocks, y.records, y.objects].map((gb) => `${rounded(gb)} GB`);
});
console.log('\n## What a month costs\n');
const costs = ['Lambda', 'API, SQS, SNS', 'S3', 'Aurora', 'its storage', 'all', 'a million meter-days'];
table(['', ...costs], deliveries, (delivery) => {
  const m = monthlyDollars(delivery);
  const parts = [m.lambda, m.messages, m.s3, m.aurora, m.storage];
  const all = parts.reduce((sum, part) => sum + part, 0);
  const perMillion = all / ((delivery.meters * daysPerMonth) / 1e6);
  return [...parts, all, perMillion].map((dollars) => `$${rounded(dollars)}`);
});
console.log('\n## The two-hour delivery of Texas, played\n');
const texas: Delivery = { meters: 8_000_000, metersPerFile: 1, seconds: twoHours };
const zips: Delivery = { ...texas, metersPerFile: 10_000 };
const plays: Readonly<Record<string, readonly [Delivery, Limits]>> = {
  'a file each, as deployed': [texas, asDeployed],
  'a file each, only uploads and register raised': [texas, { ...forTexas, normalizes: 10, acus: 16 }],
  'a file each, all raised, 16 ACU': [texas, { ...forTexas, acus: 16 }],
  'a file each, all raised': [texas, forTexas],
  'zips of 10,000, as deployed': [zips, asDeployed],
  'zips of 10,000 within two minutes, as deployed': [{ ...zips, seconds: 120 }, asDeployed],
};
const columns = ['', 'wait to be uploaded', 'unregistered', 'queue peak', 'at', 'drained after'];
table(columns, plays, ([delivery, limits]) => {
  const c = play(delivery, limits);
  const counts = [c.atDroplet, c.unregistered, c.inQueue].map((count) => count.toLocaleString('en'));
  return [...counts, hours(c.queuePeakAtSeconds), hours(c.drainedAtSeconds)];
});

function table<T>(
  head: readonly string[],
  rows: Readonly<Record<string, T>>,
  cells: (row: T) => string[],
): void {
  console.log(`| ${head.join(' | ')} |`);
  console.log(`| --- |${' ---: |'.repeat(head.length - 1)}`);
  for (const [name, row] of Object.entries(rows)) console.log(`| ${name} | ${cells(row).join(' | ')} |`);
}

/** The model is good to two digits. */
function rounded(value: number): string {
  return Number(value.toPrecision(2)).toLocaleString('en', { maximumFractionDigits: 3 });
}

function hours(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
