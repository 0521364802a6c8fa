import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { type LocalFile, uploadFile } from '../../../infra/local/upload.ts';
import type { Database } from '../../../shared/storage/database.ts';
import { CpuClock } from '../cpu-clock.ts';
import { type Findings, figure, type Measure, verdict } from '../findings.ts';
import { type BenchSetup, openBenchDatabase } from '../setup.ts';
import { writeSmtFile } from '../smt-file.ts';
import { quantileOf, ratiosOf } from '../spread.ts';

const inFlight = 32;
/** Polling costs the database something too, so with many files in flight it polls less often. */
const pollMs = { one: 3, many: 25 };
/** A file that takes longer hit an error, which is in the run's logs. */
const timeoutMs = 60_000;

/** The everyday load: a file of 96 rows per ESIID and day, each from the upload request on. */
export const smallFiles: Measure = {
  title: `daily files of 96 rows through the whole local stack, ${inFlight} in flight against 1`,
  async run(setup) {
    const stack = await setup.startStack();
    const database = openBenchDatabase(stack, 2);
    try {
      return await feed(setup, stack, database);
    } finally {
      await database.close();
    }
  },
};

interface Round {
  readonly filesPerSecond: number;
  readonly latenciesMs: readonly number[];
  readonly cpuMsPerFile: ReadonlyMap<string, number>;
}

async function feed(setup: BenchSetup, stack: LocalStack, database: Database): Promise<Findings> {
  const [rounds, many, few] = setup.isQuick ? [2, 100, 15] : [5, 400, 60];
  const files = await makeFiles(setup, rounds * (many + few) + many);
  const arrivals = new Arrivals(database, stack.s3.bucket);
  const cpu = new CpuClock(stack, database);
  const run = (count: number, atOnce: number) =>
    runClosedLoop(files.splice(0, count), atOnce, stack, arrivals, cpu);
  await run(many, inFlight); // warms up all processes
  const busy: Round[] = [];
  const alone: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    setup.log(`  round ${round + 1} of ${rounds}`);
    busy.push(await run(many, inFlight));
    alone.push(await run(few, 1));
  }
  const rate = (all: readonly Round[]) => all.map(({ filesPerSecond }) => filesPerSecond);
  const latency = (all: readonly Round[], share: number) =>
    all.map(({ latenciesMs }) => quantileOf(latenciesMs, share));
  const processes = [...(busy[0]?.cpuMsPerFile.keys() ?? [])];
  return {
    figures: [
      figure('files per second, 1 in flight', 'files/s', rate(alone)),
      figure(`p50 upload to queryable, ${inFlight} in flight`, 'ms', latency(busy, 0.5)),
      figure('p95 upload to queryable, 1 in flight', 'ms', latency(alone, 0.95)),
      ...processes.map((process) =>
        figure(
          `CPU per file: ${process}`,
          'ms',
          busy.map(({ cpuMsPerFile }) => cpuMsPerFile.get(process) ?? 0),
        ),
      ),
    ],
    verdicts: [
      verdict(`files per second, ${inFlight} in flight`, 'files/s', rate(busy), { atLeast: 120 }),
      verdict(`p95 upload to queryable, ${inFlight} in flight`, 'ms', latency(busy, 0.95), { atMost: 2_000 }),
      verdict('p50 upload to queryable, 1 in flight', 'ms', latency(alone, 0.5), { atMost: 60 }),
      verdict(
        `rate, ${inFlight} in flight to 1`,
        '×',
        ratiosOf(rate(busy), rate(alone)),
        { atLeast: 2 },
        { atLeast: 0.8 },
      ),
    ],
    notes: [
      `${rounds} rounds of ${many} and ${few} files; the client, S3, queues and HTTP are emulated in one process, and count`,
    ],
  };
}

interface DailyFile {
  readonly path: string;
  readonly metadata: LocalFile;
}

async function makeFiles(setup: BenchSetup, count: number): Promise<DailyFile[]> {
  const files: DailyFile[] = [];
  for (let number = 0; number < count; number += 1) {
    const file = path.join(setup.dir, `IntervalData-${number}.csv`);
    const shape = { esiids: 1, firstEsiid: 1_000_000 + number, days: 1, firstDay: '2025-06-15' };
    const { sizeBytes } = await writeSmtFile(file, shape);
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    files.push({ path: file, metadata: { filename: path.basename(file), sizeBytes, sha256 } });
  }
  return files;
}

/** Uploads the files, `atOnce` in flight, and follows each until its intervals can be queried. */
async function runClosedLoop(
  files: readonly DailyFile[],
  atOnce: number,
  stack: LocalStack,
  arrivals: Arrivals,
  cpu: CpuClock,
): Promise<Round> {
  const latenciesMs: number[] = [];
  const waiting = files.values();
  const usedBefore = await cpu.read();
  const startedAtMs = performance.now();
  const feeder = async () => {
    for (const file of waiting) {
      const uploadedAtMs = performance.now();
      const upload = await uploadFile(stack, file.path, file.metadata);
      if (upload.kind !== 'uploaded') throw new Error(`${file.path} was there already`);
      await arrivals.of(upload.objectKey);
      latenciesMs.push(performance.now() - uploadedAtMs);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, feeder));
  const tookMs = performance.now() - startedAtMs;
  const usedAfter = await cpu.read();
  const cpuMsPerFile = new Map(
    [...usedAfter].map(([process, ms]) => [process, (ms - (usedBefore.get(process) ?? 0)) / files.length]),
  );
  return { filesPerSecond: (files.length / tookMs) * 1000, latenciesMs, cpuMsPerFile };
}

/** Reports when files become queryable; one statement polls for all that are awaited. */
class Arrivals {
  private readonly database: Database;
  private readonly bucket: string;
  private readonly awaited = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  private isPolling = false;

  constructor(database: Database, bucket: string) {
    this.database = database;
    this.bucket = bucket;
  }

  /** Resolves when the object's file is normalized. @throws Error when it ended otherwise, or has not ended in time */
  async of(objectKey: string): Promise<void> {
    const arrived = new Promise<void>((resolve, reject) => {
      this.awaited.set(objectKey, { resolve, reject });
    });
    const late = () => this.finish(objectKey, 'not normalized after a minute');
    const timer = setTimeout(late, timeoutMs);
    if (!this.isPolling) void this.poll();
    return arrived.finally(() => clearTimeout(timer));
  }

  private finish(objectKey: string, status: string): void {
    const waiting = this.awaited.get(objectKey);
    this.awaited.delete(objectKey);
    if (status === 'normalized') waiting?.resolve();
    else waiting?.reject(new Error(`${objectKey}: ${status}`));
  }

  private async poll(): Promise<void> {
    this.isPolling = true;
    while (this.awaited.size > 0) {
      const { rows } = await sql<{ objectKey: string; status: string }>`
        select object_key as "objectKey", status from raw_files
        where bucket = ${this.bucket} and object_key = any(${[...this.awaited.keys()]})
          and status not in ('registered', 'normalizing')`.execute(this.database.kysely);
      for (const { objectKey, status } of rows) this.finish(objectKey, status);
      await sleep(this.awaited.size > 1 ? pollMs.many : pollMs.one);
    }
    this.isPolling = false;
  }
}
