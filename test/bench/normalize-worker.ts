import { createReadStream } from 'node:fs';
import path from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import { sql } from 'kysely';
import { peakMemoryMb } from '../../infra/local/lambda/peak-memory.ts';
import type { LocalStack, LocalStackOptions } from '../../infra/local/stack.ts';
import type { Database } from '../../shared/storage/database.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { CpuClock } from './cpu-clock.ts';
import { type BenchSetup, openBenchDatabase } from './setup.ts';
import type { SmtFile } from './smt-file.ts';
import { timeOf } from './spread.ts';

/** What a file's normalization did, by its row. */
interface Loaded {
  readonly status: string;
  readonly intervals_read: string;
}

/**
 * One execution environment of the normalize function, bundle and all, in a process of its own: it reads objects of the
 * local S3 and writes to Postgres. Messages are handed to it directly; queue and events are left out.
 */
export class NormalizeWorker {
  readonly database: Database;
  /** CPU time of this process, the worker and Postgres. */
  readonly cpu: CpuClock;
  private readonly stack: LocalStack;
  private readonly s3: S3Client;

  private constructor(stack: LocalStack) {
    const { url, region, credentials } = stack.s3;
    this.stack = stack;
    this.s3 = new S3Client({ endpoint: url, region, credentials, forcePathStyle: true });
    this.database = openBenchDatabase(stack, 1);
    this.cpu = new CpuClock(stack, this.database);
  }

  static async start(setup: BenchSetup, options: Partial<LocalStackOptions> = {}): Promise<NormalizeWorker> {
    return new NormalizeWorker(
      await setup.startStack({ maxConcurrency: 1, intercept: { s3Event: () => [] }, ...options }),
    );
  }

  /** Puts a file into the bucket and registers it. @returns the raw file's id */
  async register(file: SmtFile): Promise<string> {
    const { bucket } = this.stack.s3;
    const objectKey = `bench/${path.basename(file.path)}`;
    const put = await this.s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: objectKey,
        Body: createReadStream(file.path),
        ContentLength: file.sizeBytes,
      }),
    );
    const row = await registerRawFile(this.database, {
      bucket,
      objectKey,
      versionId: put.VersionId ?? '',
      etag: put.ETag ?? '',
      filename: path.basename(file.path),
      sizeBytes: file.sizeBytes,
      sha256: null,
      contentType: 'text/csv',
      source: 'bench',
      esiid: null,
      receivedAt: new Date(),
    });
    return row.id;
  }

  /** Normalizes a registered file, or normalizes it again. @returns milliseconds from message to response */
  async normalize(file: SmtFile, rawFileId: string): Promise<number> {
    await sql`update raw_files set status = 'registered' where id = ${rawFileId}`.execute(
      this.database.kysely,
    );
    let response: unknown;
    const tookMs = await timeOf(async () => {
      response = await this.stack.invoke('Normalize', { Records: [messageOf(rawFileId)] });
    });
    const { rows } = await sql<Loaded>`
      select status, intervals_read from raw_files where id = ${rawFileId}`.execute(this.database.kysely);
    const result = (response as { payload?: SQSBatchResponse }).payload;
    const [row] = rows;
    if (result?.batchItemFailures.length !== 0 || Number(row?.intervals_read) !== file.intervals) {
      throw new Error(`${file.path} was not normalized: ${JSON.stringify({ response, row })}`);
    }
    return tookMs;
  }

  async emptyTables(): Promise<void> {
    await sql`truncate interval_blocks`.execute(this.database.kysely);
  }

  /** Ends the process, so that the next file meets a new one. */
  async restart(): Promise<void> {
    for (const worker of this.stack.functions.get('Normalize').workers) await worker.kill();
  }

  /** Resident memory that the warm worker had at most. */
  async peakMb(): Promise<number> {
    return (await peakMemoryMb(this.stack.functions.get('Normalize').workers[0]?.pid)) ?? Number.NaN;
  }

  async close(): Promise<void> {
    await this.database.close();
    this.s3.destroy();
  }
}

function messageOf(rawFileId: string): SQSRecord {
  return {
    messageId: rawFileId,
    receiptHandle: 'bench',
    body: JSON.stringify({ rawFileId }),
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: 'bench',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:bench',
    awsRegion: 'us-east-1',
  };
}
