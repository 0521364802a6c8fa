import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { ClientBase } from 'pg';
import type { DailyRead } from '../../reads/daily-read.ts';
import type { MonthlyRead } from '../../reads/monthly-read.ts';
import type { Tables } from '../tables.ts';
import type { ReadSource } from './insert-reads.ts';

type Read = DailyRead | MonthlyRead;
type Kind = Read['kind'];

/** A read and the index of the member it came from. */
interface StagedRead {
  readonly read: Read;
  readonly member: number;
}

interface ReadTable extends Pick<ReadSource, 'table' | 'key'> {
  readonly types: Readonly<Record<string, string>>;
  valuesOf(read: Read, receivedAt: string): readonly (string | null)[];
}

const numeric = 'numeric(15, 5)';
const readTables: Readonly<Record<Kind, ReadTable>> = {
  daily: {
    table: 'daily_reads',
    key: ['esiid', 'channel', 'usage_date', 'revised_at', 'kwh', 'content'],
    types: {
      esiid: 'text collate "C"',
      channel: 'smt_channel',
      usage_date: 'date',
      revised_at: 'timestamptz',
      content: 'uuid',
      start_reading: numeric,
      end_reading: numeric,
      kwh: numeric,
    },
    valuesOf(read, receivedAt) {
      const { esiid, channel, usageDate, revisedAt, content, ...rest } = read as DailyRead;
      const key = [esiid, channel, usageDate, revisedAt ?? receivedAt, content];
      return [...key, rest.startReading, rest.endReading, rest.kwh];
    },
  },
  monthly: {
    table: 'monthly_reads',
    key: ['esiid', 'channel', 'start_date', 'end_date', 'revised_at', 'kwh', 'content'],
    types: {
      esiid: 'text collate "C"',
      channel: 'smt_channel',
      start_date: 'date',
      end_date: 'date',
      revised_at: 'timestamptz',
      content: 'uuid',
      kwh: numeric,
      metered_kw: numeric,
      metered_kva: numeric,
      billed_kw: numeric,
      billed_kva: numeric,
    },
    valuesOf(read, receivedAt) {
      const { esiid, channel, startDate, endDate, revisedAt, content, ...rest } = read as MonthlyRead;
      const key = [esiid, channel, startDate, endDate, revisedAt ?? receivedAt, content];
      return [...key, rest.kwh, rest.meteredKw, rest.meteredKva, rest.billedKw, rest.billedKva];
    },
  },
};

const kinds = Object.keys(readTables) as Kind[];

/**
 * The reads of a file until it is finished. The few of an everyday file are buffered and inserted by the statement that finishes
 * it; a large file's are moved into temporary tables in chunks.
 */
export class StagedReads {
  private readonly kysely: Kysely<Tables>;
  private readonly receivedAt: string;
  private readonly pending: Record<Kind, StagedRead[]> = { daily: [], monthly: [] };
  private readonly staged = new Set<Kind>();

  constructor(kysely: Kysely<Tables>, receivedAt: string) {
    this.kysely = kysely;
    this.receivedAt = receivedAt;
  }

  get pendingCount(): number {
    return this.pending.daily.length + this.pending.monthly.length;
  }

  get isStaged(): boolean {
    return this.staged.size > 0;
  }

  add(read: Read, member: number): void {
    this.pending[read.kind].push({ read, member });
  }

  /** Moves what is pending into the temporary tables, in the caller's transaction. */
  async stage(client: ClientBase): Promise<void> {
    for (const kind of kinds) {
      const reads = this.pending[kind].splice(0);
      if (reads.length === 0) continue;
      const types = { member: 'smallint', ...readTables[kind].types };
      if (!this.staged.has(kind)) await client.query(createStaging(kind, types));
      this.staged.add(kind);
      const insert = sql`insert into ${stagingTable(kind)} select * from ${this.rowsOf(kind, reads)}`;
      const { sql: text, parameters } = insert.compile(this.kysely);
      await client.query(text, [...parameters]);
    }
  }

  /** The reads to insert, without those of failed members. */
  sources(failed: ReadonlySet<number>): readonly ReadSource[] {
    return kinds.flatMap((kind) => {
      const { table, key, types } = readTables[kind];
      const source = { table, key, columns: Object.keys(types) };
      const reads = this.pending[kind].filter(({ member }) => !failed.has(member));
      if (this.staged.has(kind)) {
        const rows = sql`(select * from ${stagingTable(kind)} where member <> all(${[...failed]}::smallint[])) read`;
        return [{ ...source, rows }];
      }
      return reads.length > 0 ? [{ ...source, rows: this.rowsOf(kind, reads) }] : [];
    });
  }

  private rowsOf(kind: Kind, reads: readonly StagedRead[]): RawBuilder<unknown> {
    const { types, valuesOf } = readTables[kind];
    const rows = reads.map(({ read, member }) => [String(member), ...valuesOf(read, this.receivedAt)]);
    const columns = ['member', ...Object.keys(types)];
    const arrays = columns.map((column, index) => {
      const type = sql.raw((types[column] ?? 'smallint').split(/ collate|\(/)[0] ?? '');
      return sql`${rows.map((row) => row[index])}::${type}[]`;
    });
    return sql`unnest(${sql.join(arrays)}) read (${sql.join(columns.map((column) => sql.ref(column)))})`;
  }
}

function stagingTable(kind: Kind): RawBuilder<unknown> {
  return sql.table(`staged_${readTables[kind].table}`);
}

function createStaging(kind: Kind, types: Readonly<Record<string, string>>): string {
  const columns = Object.entries(types).map(([name, type]) => `${name} ${type}`);
  return `create temporary table staged_${readTables[kind].table} (${columns.join(', ')}) on commit drop`;
}
