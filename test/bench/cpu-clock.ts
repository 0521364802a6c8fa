import { readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { LocalStack } from '../../infra/local/stack.ts';
import type { Database } from '../../shared/storage/database.ts';

/** Linux counts CPU time in these. */
const msPerTick = 10;

/** CPU time by part of a running stack, from /proc: shows which part is the bottleneck. */
export class CpuClock {
  private readonly stack: LocalStack;
  private readonly database: Database;

  constructor(stack: LocalStack, database: Database) {
    this.stack = stack;
    this.database = database;
  }

  /** Milliseconds so far of all parts together: unlike elapsed time, it does not grow with other load on the host. */
  async total(): Promise<number> {
    return [...(await this.read()).values()].reduce((sum, ms) => sum + ms, 0);
  }

  /** Milliseconds so far: this process, each function's processes, Postgres' backends. Empty where there is no /proc. */
  async read(): Promise<Map<string, number>> {
    const used = new Map<string, number>();
    if (process.platform !== 'linux') return used;
    used.set('emulators and client', await cpuMsOf([process.pid]));
    for (const name of ['RawUpload', 'Register', 'Normalize']) {
      const pids = this.stack.functions.get(name).workers.flatMap(({ pid }) => pid ?? []);
      used.set(name, await cpuMsOf(pids));
    }
    const { rows } = await sql<{ pid: number }>`select pid from pg_stat_activity`.execute(
      this.database.kysely,
    );
    used.set('Postgres', await cpuMsOf(rows.map(({ pid }) => pid)));
    return used;
  }
}

async function cpuMsOf(pids: readonly number[]): Promise<number> {
  const times = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      // The name, in parentheses, may hold anything; utime and stime are the 14th and 15th field.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * msPerTick;
    }),
  );
  return times.reduce((sum, ms) => sum + ms, 0);
}
