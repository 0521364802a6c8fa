import { once } from 'node:events';
import { createServer } from 'node:net';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { type Database, openDatabase } from '../../shared/storage/database.ts';
import { DatabaseUnavailableError, isTransientDatabaseError } from '../../shared/storage/errors.ts';
import { getRawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import { markQueued } from '../../shared/storage/raw-files/mark-queued.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { freshDatabase } from '../support/database.ts';
import { newRawFile } from '../support/rows.ts';

async function failureOf(statement: Promise<unknown>): Promise<unknown> {
  return statement.then(() => null).catch((error: unknown) => error);
}

/** A TCP server that accepts connections and never responds, until it is closed. */
async function silentServer() {
  const server = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, server };
}

function openAt(port: number): Database {
  const database = openDatabase({
    connectionString: `postgresql://someone:secret@127.0.0.1:${port}/smt`,
    maxConnections: 1,
    applicationName: 'test',
    connectTimeoutMs: 100,
  });
  onTestFinished(() => database.close());
  return database;
}

test('A database that does not listen, or does not respond, is temporarily unavailable', async () => {
  const { port, server } = await silentServer();
  const database = openAt(port);

  const unanswered = await failureOf(sql`select 1`.execute(database.kysely));
  server.close();
  await once(server, 'close');
  const notListening = await failureOf(sql`select 1`.execute(database.kysely));

  expect(unanswered).toBeInstanceOf(DatabaseUnavailableError);
  expect(notListening).toBeInstanceOf(DatabaseUnavailableError);
  expect([unanswered, notListening].map(isTransientDatabaseError)).toEqual([true, true]);
});

test('A database that is starting or shutting down is temporarily unavailable', async () => {
  const message = Buffer.from('SFATAL\0C57P03\0Mthe database system is shutting down\0\0');
  const head = Buffer.alloc(5, 'E');
  head.writeInt32BE(message.length + 4, 1);
  const server = createServer((socket) => socket.end(Buffer.concat([head, message]))).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };

  const refused = await failureOf(sql`select 1`.execute(openAt(port).kysely));

  expect(refused).toBeInstanceOf(DatabaseUnavailableError);
  expect(isTransientDatabaseError(refused)).toBe(true);
});

test('A connection that is cut costs the statement it ran, not the next one, nor the process', async () => {
  const database = await freshDatabase();

  const cut = await failureOf(sql`select pg_terminate_backend(pg_backend_pid())`.execute(database.kysely));
  const next = await sql`select 1 as one`.execute(database.kysely);

  expect(isTransientDatabaseError(cut)).toBe(true);
  expect(next.rows).toEqual([{ one: 1 }]);
});

test('A connection that is cut in the middle of a transaction is transient at the statement after', async () => {
  const database = await freshDatabase();

  const failure = await failureOf(
    database.kysely.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction);
      await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(database.kysely);
      await sql`select 1`.execute(transaction);
    }),
  );

  expect(isTransientDatabaseError(failure)).toBe(true);
});

test('A wrong statement, a wrong database and an error of ours are not transient', async () => {
  const database = await freshDatabase();
  const url = new URL(database.pool.options.connectionString ?? '');
  url.pathname += '_not_there';
  const elsewhere = openDatabase({
    connectionString: url.href,
    maxConnections: 1,
    applicationName: 'test',
  });
  onTestFinished(() => elsewhere.close());

  const wrongStatement = await failureOf(sql`select nothing`.execute(database.kysely));
  const wrongDatabase = await failureOf(sql`select 1`.execute(elsewhere.kysely));

  expect(wrongStatement).toMatchObject({ code: '42703' });
  expect(wrongDatabase).toMatchObject({ code: '3D000' });
  const errors = [wrongStatement, wrongDatabase, new TypeError('a bug'), new Error('ours'), 'no error'];
  expect(errors.map(isTransientDatabaseError)).toEqual([false, false, false, false, false]);
});

test('Decimals, dates and arrays of decimals are read as text, not as floating point or local time', async () => {
  const database = await freshDatabase();

  const { rows } = await sql`
    select 0.10000::numeric(10, 5) as kwh, array[0.1, null]::numeric(10, 5)[] as list, date '2025-01-15' as day`.execute(
    database.kysely,
  );

  expect(rows).toEqual([{ kwh: '0.10000', list: ['0.10000', null], day: '2025-01-15' }]);
});

test('A session whose client has vanished ends by itself: no lock and no statement outlives it for long', async () => {
  const database = await freshDatabase();

  const { rows } = await database.pool.query(`
    select name, setting::int as value from pg_settings
    where name in ('lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout',
      'client_connection_check_interval')
    order by name`);

  expect(rows).toEqual([
    { name: 'client_connection_check_interval', value: 10_000 },
    { name: 'idle_in_transaction_session_timeout', value: 60_000 },
    { name: 'lock_timeout', value: 60_000 },
    { name: 'statement_timeout', value: 900_000 },
  ]);
});

test('A locked row holds up neither the note that files were queued nor anybody behind it', async () => {
  const database = await freshDatabase();
  const [locked, free] = [
    await registerRawFile(database, newRawFile()),
    await registerRawFile(database, newRawFile()),
  ];
  const vanished = await database.connect();
  await vanished.query('begin');
  await vanished.query('select from raw_files where id = $1 for update', [locked.id]);

  await markQueued(database, [locked.id, free.id]);

  vanished.release(true);
  expect((await getRawFile(database, free.id))?.queued_at).not.toBeNull();
  expect((await getRawFile(database, locked.id))?.queued_at).toBeNull();
});
