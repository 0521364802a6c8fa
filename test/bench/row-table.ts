import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Pool, PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { timeOf } from './spread.ts';

/**
 * What most would build instead: a row per interval with its primary key, the current revision only. As lean as it can
 * answer the same queries, so that the comparison is fair: no usage date, no meter, no surrogate key.
 */
const columns = 'esiid, channel, ts, kwh, estimated, revised_at, raw_file_id';
const columnCount = 7;
const chunkBytes = 256 * 1024;

const columnTypes = `
  esiid text collate "C" not null,
  channel smt_channel not null,
  ts timestamptz not null,
  kwh numeric(10, 5) not null,
  estimated boolean not null,
  revised_at timestamptz not null,
  raw_file_id bigint not null`;

const upsert = `
  on conflict (esiid, channel, ts) do update
  set kwh = excluded.kwh, estimated = excluded.estimated, revised_at = excluded.revised_at,
    raw_file_id = excluded.raw_file_id
  where interval_rows.revised_at <= excluded.revised_at`;

/** Ways to load ready-made rows into a table of rows. */
export class RowTable {
  private readonly pool: Pool;
  /** The rows as COPY text, cut anywhere. */
  private readonly chunks: readonly Buffer[];

  private constructor(pool: Pool, chunks: readonly Buffer[]) {
    this.pool = pool;
    this.chunks = chunks;
  }

  /** Takes the current intervals of a database as the rows to load, through a file. */
  static async of(pool: Pool, file: string): Promise<RowTable> {
    const client = await pool.connect();
    try {
      const order = 'order by esiid, channel, ts';
      const query = `copy (select ${columns} from smt_intervals ${order}) to stdout`;
      await pipeline(client.query(copyTo(query)), createWriteStream(file));
    } finally {
      client.release();
    }
    const chunks: Buffer[] = [];
    for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) chunks.push(chunk);
    return new RowTable(pool, chunks);
  }

  /** Makes the table anew, empty. */
  async create(): Promise<void> {
    await this.pool.query('drop table if exists interval_rows');
    await this.pool.query(`create table interval_rows (${columnTypes}, primary key (esiid, channel, ts))`);
  }

  /** A bare COPY into the keyed table. @returns milliseconds */
  async copy(): Promise<number> {
    await this.create();
    return this.inTransaction((client) => this.copyInto(client, 'interval_rows'));
  }

  /** COPY into a temporary table, then one upsert. @returns milliseconds */
  async copyAndUpsert(): Promise<number> {
    await this.create();
    return this.inTransaction(async (client) => {
      await client.query(`create temporary table staged_rows (${columnTypes}) on commit drop`);
      await this.copyInto(client, 'staged_rows');
      await client.query(
        `insert into interval_rows (${columns}) select ${columns} from staged_rows ${upsert}`,
      );
    });
  }

  /** INSERTs of many rows each, in one transaction. @returns milliseconds, without making their parameters */
  async insertMany(rowsPerStatement: number): Promise<number> {
    await this.create();
    const tuples = Array.from({ length: rowsPerStatement }, (_, row) => {
      const numbers = Array.from({ length: columnCount }, (_, column) => row * columnCount + column + 1);
      return `(${numbers.map((number) => `$${number}`).join(', ')})`;
    });
    const statement = (rows: number) =>
      `insert into interval_rows (${columns}) values ${tuples.slice(0, rows).join(', ')} ${upsert}`;
    let tookMs = 0;
    await this.inTransaction(async (client) => {
      for (const rows of batchesOf(this.chunks, rowsPerStatement)) {
        const values = rows.flatMap((row) => row.split('\t'));
        tookMs += await timeOf(() => client.query(statement(rows.length), values));
      }
    });
    return tookMs;
  }

  private async inTransaction(work: (client: PoolClient) => Promise<void>): Promise<number> {
    const client = await this.pool.connect();
    try {
      return await timeOf(async () => {
        await client.query('begin');
        await work(client);
        await client.query('commit');
      });
    } finally {
      client.release();
    }
  }

  private async copyInto(client: PoolClient, table: string): Promise<void> {
    const copy = client.query(copyFrom(`copy ${table} (${columns}) from stdin`));
    for (const chunk of this.chunks) if (!copy.write(chunk)) await once(copy, 'drain');
    copy.end();
    await once(copy, 'finish');
  }
}

function* batchesOf(chunks: readonly Buffer[], size: number): Generator<string[]> {
  let rest = '';
  let batch: string[] = [];
  for (const chunk of chunks) {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      batch.push(line);
      if (batch.length === size) {
        yield batch;
        batch = [];
      }
    }
  }
  if (batch.length > 0) yield batch;
}
