import { once } from 'node:events';
import type { PoolClient } from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import type { MemberReport, RowCounts } from '../smt/account.ts';
import type { IntervalBlock } from '../smt/block.ts';
import { copyColumns, copyLine } from './copy-text.ts';
import type { Database } from './database.ts';
import { asDatabaseError } from './errors.ts';
import { type AttemptResult, type BlockCounts, finishRawFile } from './finish-raw-file.ts';
import { correctCounts, countSharedSlots } from './recount.ts';

/** So much text is gathered before it goes to the COPY stream. */
const chunkSize = 256 * 1024;

export interface LoadOptions {
  readonly rawFileId: string;
  readonly leaseToken: string;
  /** The revision of blocks that carry none. */
  readonly receivedAt: Date;
}

export interface LoadResult extends AttemptResult {
  /**
   * Indexes into `members` of those whose blocks were flushed early, so that several blocks of one revision may hold the
   * same slot. Their counts take every value added as read or as conflicting; what was there twice is found here.
   */
  readonly recountMembers: readonly number[];
}

export interface LoadSummary extends BlockCounts {
  /** The attempt's number, as {@link markAnnounced} wants it. */
  readonly attempt: number;
  readonly counts: RowCounts;
  readonly members: readonly MemberReport[];
}

/** Starts loading a claimed file. Opens no connection before there is something to write. */
export function openLoad(database: Database, options: LoadOptions): BlockLoad {
  return new BlockLoad(database, options);
}

/**
 * One transaction a file: blocks and status appear together or not at all.
 *
 * Blocks are copied into a temporary table while the caller goes on reading; at the end one INSERT … SELECT … ORDER BY key
 * … ON CONFLICT DO NOTHING adds what is new. The order makes concurrent loads of the same blocks wait for each other in one
 * direction, so none deadlocks. A file's blocks are not sent as INSERTs because they would take locks in the file's order.
 */
export class BlockLoad {
  readonly #database: Database;
  readonly #options: LoadOptions;
  readonly #receivedAt: string;
  #lines: string[] = [];
  #linesSize = 0;
  #client: PoolClient | null = null;
  #copy: CopyStreamQuery | null = null;
  #copyError: unknown = null;

  constructor(database: Database, options: LoadOptions) {
    this.#database = database;
    this.#options = options;
    this.#receivedAt = options.receivedAt.toISOString();
  }

  /**
   * Adds a block of a member (its index in the result's `members`). Returns a promise when the database has to catch
   * up: await it before adding more.
   * @throws DatabaseUnavailableError, pg's DatabaseError; call {@link abort} then
   */
  add(block: IntervalBlock, member: number): Promise<void> | undefined {
    const line = copyLine(block, member, this.#receivedAt);
    this.#lines.push(line);
    this.#linesSize += line.length;
    return this.#linesSize < chunkSize ? undefined : this.#flush();
  }

  /**
   * Writes everything and commits. Nothing is kept when it throws.
   * @throws LeaseLostError if the file is someone else's by now; DatabaseUnavailableError; pg's DatabaseError
   */
  async finish(result: LoadResult): Promise<LoadSummary> {
    try {
      if (this.#lines.length > 0) await this.#flush();
      const client = this.#client ?? (await this.#begin());
      const summary = await this.#write(client, result);
      await client.query('commit');
      this.#client = null;
      client.release();
      return summary;
    } catch (error) {
      this.abort();
      throw asDatabaseError(error);
    }
  }

  /** Gives up: nothing is kept. Does nothing after {@link finish}. */
  abort(): void {
    this.#lines = [];
    // Closing the connection is the one way that also ends a COPY half way; the server rolls back.
    this.#client?.release(true);
    this.#client = null;
  }

  async #write(client: PoolClient, result: LoadResult): Promise<LoadSummary> {
    const merged = await this.#merge(client, failedMembers(result.members));
    const shared = await countSharedSlots(client, result.recountMembers);
    const corrected = { ...merged, ...correctCounts(result, result.recountMembers, shared) };
    const attempt = await finishRawFile(this.#database, client, this.#options, { ...result, ...corrected });
    return { ...corrected, attempt };
  }

  async #merge(client: PoolClient, leftOut: readonly number[]): Promise<BlockCounts> {
    if (this.#copy === null) return { blocksInserted: 0, blocksUnchanged: 0, intervalsInserted: 0 };
    if (this.#copyError !== null) throw this.#copyError;
    this.#copy.end();
    await once(this.#copy, 'finish');
    const { rows } = await client.query<{ blocks: string; intervals: string; staged: string }>(
      mergeStatement,
      [this.#options.rawFileId, leftOut],
    );
    const blocksInserted = Number(rows[0]?.blocks);
    return {
      blocksInserted,
      blocksUnchanged: Number(rows[0]?.staged) - blocksInserted,
      intervalsInserted: Number(rows[0]?.intervals),
    };
  }

  async #flush(): Promise<void> {
    const chunk = this.#lines.join('');
    this.#lines = [];
    this.#linesSize = 0;
    try {
      const copy = this.#copy ?? (await this.#startCopy());
      if (this.#copyError !== null) throw this.#copyError;
      if (!copy.write(chunk)) await once(copy, 'drain');
    } catch (error) {
      throw asDatabaseError(error);
    }
  }

  async #begin(): Promise<PoolClient> {
    const client = await this.#database.connect();
    this.#client = client;
    await client.query('begin');
    return client;
  }

  async #startCopy(): Promise<CopyStreamQuery> {
    const client = await this.#begin();
    await client.query(stageStatement);
    const copy = client.query(copyFrom(`copy staged_blocks (${copyColumns}) from stdin`));
    copy.on('error', (error) => {
      this.#copyError = error;
    });
    this.#copy = copy;
    return copy;
  }
}

/** Members that turned out to be corrupt after some of their blocks were staged: nothing in them can be trusted. */
function failedMembers(members: readonly MemberReport[]): number[] {
  return members.flatMap(({ errorCode }, index) => (errorCode === null ? [] : [index]));
}

const stageStatement = `
  create temporary table staged_blocks (
    member smallint not null,
    esiid text collate "C" not null,
    channel smt_channel not null,
    usage_date date not null,
    revised_at timestamptz not null,
    content uuid not null,
    meter text,
    kwh numeric(10, 5)[] not null,
    estimated varbit
  ) on commit drop`;

const mergeStatement = `
  with inserted as (
    insert into interval_blocks
      (esiid, channel, usage_date, revised_at, content, raw_file_id, meter, kwh, estimated)
    select esiid, channel, usage_date, revised_at, content, $1, meter, kwh, estimated
    from staged_blocks
    where member <> all($2::smallint[])
    order by esiid, channel, usage_date, revised_at, content
    on conflict do nothing
    returning num_nonnulls(variadic kwh) as intervals
  )
  select count(*) as blocks, coalesce(sum(intervals), 0) as intervals,
    (select count(*) from staged_blocks where member <> all($2::smallint[])) as staged
  from inserted`;
