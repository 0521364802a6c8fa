import { once } from 'node:events';
import type { PoolClient } from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import type { IntervalBlock } from '../../intervals/block.ts';
import type { MemberReport, RowCounts } from '../../intervals/row-counts.ts';
import type { DailyRead } from '../../reads/daily-read.ts';
import type { MonthlyRead } from '../../reads/monthly-read.ts';
import type { Database } from '../database.ts';
import { asDatabaseError } from '../errors.ts';
import { copyColumns, copyLine } from './copy-text.ts';
import { type AttemptResult, type BlockCounts, finishRawFile } from './finish-raw-file.ts';
import { correctCounts, countSharedSlots } from './recount.ts';
import { countStagedReads } from './recount-reads.ts';
import { pendingRows, type StagedBlock, stagedRows, stageStatement } from './staged-blocks.ts';
import { StagedReads } from './staged-reads.ts';
import { uniteBlocks } from './unite-blocks.ts';

/** Number of blocks, about 300 KB, that are buffered before they go to the COPY stream. */
const blocksPerChunk = 400;
/** Number of reads that are buffered before they go to their temporary table. */
const readsPerChunk = 5_000;

export interface LoadOptions {
  readonly rawFileId: string;
  readonly leaseToken: string;
  /** The revision of blocks without one. */
  readonly receivedAt: Date;
}

export interface LoadResult extends AttemptResult {
  /**
   * Indexes into `members` of those whose blocks were flushed early, so that several blocks of one revision may hold the
   * same slot. Their counts include every added value as read or conflicting; duplicates are found here.
   */
  readonly recountMembers: readonly number[];
  /** Likewise for members with more reads than their reader compares with each other. */
  readonly recountReadMembers: readonly number[];
}

export interface LoadSummary extends BlockCounts {
  /** The attempt's number, for {@link markAnnounced}. */
  readonly attempt: number;
  readonly counts: RowCounts;
  readonly members: readonly MemberReport[];
}

/** Starts loading a claimed file. Opens no connection before there is something to write. */
export function openLoad(database: Database, options: LoadOptions): BlockLoad {
  return new BlockLoad(database, options);
}

/**
 * One transaction per file: blocks and status become visible together or not at all.
 *
 * The blocks of an everyday file, a block or two, go with the statement that finishes it: its load is that one statement. A
 * large file's are copied into a temporary table while the caller continues reading, and the statement inserts them from there.
 * A temporary table for every file was rejected: its rows in Postgres' catalogs, its TOAST table and five more round trips
 * cost more than the rest of a small load.
 */
export class BlockLoad {
  private readonly database: Database;
  private readonly options: LoadOptions;
  private readonly receivedAt: string;
  private readonly reads: StagedReads;
  /** Not copied yet. */
  private pending: StagedBlock[] = [];
  /** How many blocks each member has. */
  private readonly counts: number[] = [];
  private client: PoolClient | null = null;
  private isInTransaction = false;
  private copy: CopyStreamQuery | null = null;
  /** Whether some blocks are in the temporary table. */
  private areBlocksStaged = false;
  private copyError: unknown = null;

  constructor(database: Database, options: LoadOptions) {
    this.database = database;
    this.options = options;
    this.receivedAt = options.receivedAt.toISOString();
    this.reads = new StagedReads(database.kysely, this.receivedAt);
  }

  /**
   * Adds a block of a member (its index in the result's `members`). Returns a promise for backpressure: await it
   * before adding more.
   * @throws DatabaseUnavailableError, pg's DatabaseError; call {@link abort} then
   */
  add(block: IntervalBlock, member: number): Promise<void> | undefined {
    this.pending.push({ block, member });
    this.counts[member] = (this.counts[member] ?? 0) + 1;
    return this.pending.length < blocksPerChunk ? undefined : this.flush();
  }

  /** Adds a read of a member, as {@link add} a block. */
  addRead(read: DailyRead | MonthlyRead, member: number): Promise<void> | undefined {
    this.reads.add(read, member);
    return this.reads.pendingCount < readsPerChunk ? undefined : this.stageReads();
  }

  /**
   * Writes everything and commits. Nothing is kept when it throws.
   * @throws LeaseLostError if another worker has the file by now; DatabaseUnavailableError; pg's DatabaseError
   */
  async finish(result: LoadResult): Promise<LoadSummary> {
    try {
      const isStaged =
        this.areBlocksStaged || result.recountMembers.length > 0 || this.haveMeterDaysInCommon();
      if (isStaged) await this.copyRest();
      if (this.reads.isStaged) await this.stageReads();
      const client = await this.connect();
      if (result.rejectedRows.length > 0) await this.begin();
      const summary = await this.write(client, result, isStaged);
      if (this.isInTransaction) await client.query('commit');
      this.client = null;
      client.release();
      return summary;
    } catch (error) {
      this.abort();
      throw asDatabaseError(error);
    }
  }

  /** Rolls back. Does nothing after {@link finish}. */
  abort(): void {
    this.pending = [];
    // Only closing the connection also aborts a COPY in progress; the server rolls back.
    this.client?.release(true);
    this.client = null;
  }

  private async write(client: PoolClient, result: LoadResult, isStaged: boolean): Promise<LoadSummary> {
    const shared = await countSharedSlots(client, result.recountMembers);
    const corrected = correctCounts(result, shared, await countStagedReads(client, result));
    const failed = failedMembers(result.members);
    const added = this.counts.reduce((sum, blocks, member) => (failed.has(member) ? sum : sum + blocks), 0);
    const count = added - (isStaged ? await uniteBlocks(client, failed) : 0);
    const rows = isStaged
      ? stagedRows(failed)
      : pendingRows(
          this.pending.filter(({ member }) => !failed.has(member)),
          this.receivedAt,
        );
    const file = { ...result, ...corrected };
    const reads = this.reads.sources(failed);
    const finished = await finishRawFile(this.database, client, this.options, file, { rows, count }, reads);
    return { ...finished, ...corrected };
  }

  /** Whether several members have parts of one meter-day and revision. */
  private haveMeterDaysInCommon(): boolean {
    if (this.counts.length < 2) return false;
    const keys = this.pending.map(
      ({ block }) => `${block.esiid}${block.channel}${block.usageDate}${block.revisedAt}`,
    );
    return new Set(keys).size < keys.length;
  }

  private async flush(): Promise<void> {
    const chunk = this.pending.map(({ block, member }) => copyLine(block, member, this.receivedAt)).join('');
    this.pending = [];
    try {
      const copy = this.copy ?? (await this.startCopy());
      if (this.copyError !== null) throw this.copyError;
      if (!copy.write(chunk)) await once(copy, 'drain');
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  private async connect(): Promise<PoolClient> {
    this.client ??= await this.database.connect();
    return this.client;
  }

  private async begin(): Promise<PoolClient> {
    const client = await this.connect();
    if (!this.isInTransaction) await client.query('begin');
    this.isInTransaction = true;
    return client;
  }

  private async startCopy(): Promise<CopyStreamQuery> {
    const client = await this.begin();
    if (!this.areBlocksStaged) await client.query(stageStatement);
    this.areBlocksStaged = true;
    const copy = client.query(copyFrom(`copy staged_blocks (${copyColumns}) from stdin`));
    copy.on('error', (error) => {
      this.copyError = error;
    });
    this.copy = copy;
    return copy;
  }

  private async copyRest(): Promise<void> {
    if (this.copy === null || this.pending.length > 0) await this.flush();
    await this.endCopy();
  }

  /** Nothing else can use the connection while blocks are copied; more of them start another COPY. */
  private async endCopy(): Promise<void> {
    if (this.copyError !== null) throw this.copyError;
    const copy = this.copy;
    this.copy = null;
    copy?.end();
    if (copy) await once(copy, 'finish');
  }

  private async stageReads(): Promise<void> {
    try {
      await this.endCopy();
      await this.reads.stage(await this.begin());
    } catch (error) {
      throw asDatabaseError(error);
    }
  }
}

/** Members that proved corrupt after some of their blocks were added: none of their content can be trusted. */
function failedMembers(members: readonly MemberReport[]): ReadonlySet<number> {
  return new Set(members.flatMap(({ errorCode }, index) => (errorCode === null ? [] : [index])));
}
