import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type RunningPostgres, startPostgres } from '../../infra/local/postgres.ts';
import { runAdminStatement, withDatabaseName } from '../support/database-url.ts';

/** A worker slot that executes one run after the other: a folder and a Postgres that can be restarted. */
export class WorkerSlot {
  readonly dir: string;
  private postgres: RunningPostgres;
  private restarting: Promise<void> = Promise.resolve();

  private constructor(dir: string, postgres: RunningPostgres) {
    this.dir = dir;
    this.postgres = postgres;
  }

  static async open(): Promise<WorkerSlot> {
    const dir = await mkdtemp(path.join(tmpdir(), 'smt-faults-'));
    return new WorkerSlot(dir, await startPostgres({ dataDir: path.join(dir, 'postgres'), durable: false }));
  }

  get postgresPort(): number {
    return this.postgres.port;
  }

  urlOf(databaseName: string): string {
    return withDatabaseName(this.postgres.url, databaseName);
  }

  async createDatabase(name: string): Promise<void> {
    await runAdminStatement(this.urlOf('postgres'), `create database ${name}`);
  }

  async dropDatabase(name: string): Promise<void> {
    await runAdminStatement(this.urlOf('postgres'), `drop database ${name} with (force)`);
  }

  /** Stops the server, open transactions or not, and starts it again on the same port. One restart at a time. */
  restart(): Promise<void> {
    this.restarting = this.restarting.then(async () => {
      const { port } = this.postgres;
      await this.postgres.stop();
      this.postgres = await startPostgres({
        dataDir: path.join(this.dir, 'postgres'),
        port,
        durable: false,
      });
    });
    return this.restarting;
  }

  async close(): Promise<void> {
    await this.restarting;
    await this.postgres.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}
