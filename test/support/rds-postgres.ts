import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { Client } from 'pg';
import type { Authority } from '../../infra/local/iam/authority.ts';
import { rejectionOf } from '../../infra/local/iam/service-gate.ts';
import { startPostgres } from '../../infra/local/postgres.ts';
import { verifySignature } from '../../infra/local/s3/signature.ts';

const fixtures = path.join(import.meta.dirname, '../fixtures/tls');
/** PEM of the authority that signed the server's certificate. */
export const caFile = path.join(fixtures, 'ca.pem');

const admin = { user: 'smt_admin', password: 'kept-by-RDS' } as const;
const iamUsers = ['smt_owner', 'smt_writer', 'smt_reader'];
const region = 'us-east-1';
const accountId = '000000000000';

/** A Postgres that authenticates users and functions as RDS does. */
export interface RdsPostgres {
  /** TLS only, certificate for `localhost`. */
  readonly port: number;
  /** The Data API. */
  readonly dataApiUrl: string;
  readonly authority: { current: Authority | undefined };
  /** Logs in as the administrator, by password. */
  loginAsAdmin(): Promise<Client>;
  /** As RDS itself, who is the superuser. */
  asSuperuser(statement: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts an embedded Postgres behind a stand-in for the two things that RDS has and it lacks: pg_hba.conf's first rule, that every
 * member of `rds_iam` logs in with an IAM token and everybody else by password, and the right of `rds_superuser` to grant
 * `rds_iam`, which RDS gives by a hook, and which is ADMIN OPTION here. That one membership does not count.
 */
export async function startRdsPostgres(): Promise<RdsPostgres> {
  const parentDir = await mkdtemp(path.join(tmpdir(), 'smt-rds-'));
  const dataDir = path.join(parentDir, 'postgres');
  const server = await startPostgres({ dataDir, durable: false });
  const superuser = new Client({ connectionString: server.url });
  await superuser.connect();
  await prepare(superuser, dataDir);
  const authority: RdsPostgres['authority'] = { current: undefined };
  const gate = await listen(
    createServer((socket) => {
      admit(socket, { superuser, backendPort: server.port, authority }).catch(() => socket.destroy());
    }),
  );
  const ca = await readFile(caFile, 'utf8');
  const loginAsAdmin = async () => {
    const client = new Client({ ...admin, host: 'localhost', port: gate.port, database: 'smt', ssl: { ca } });
    await client.connect();
    return client;
  };
  const dataApi = await listen(dataApiServer(authority, loginAsAdmin));
  return {
    port: gate.port,
    dataApiUrl: `http://127.0.0.1:${dataApi.port}`,
    authority,
    loginAsAdmin,
    asSuperuser: async (statement) => void (await superuser.query(statement)),
    stop: async () => {
      await superuser.end();
      gate.close();
      dataApi.close();
      await server.stop();
      await rm(parentDir, { recursive: true, force: true });
    },
  };
}

async function prepare(superuser: Client, dataDir: string): Promise<void> {
  await superuser.query(`
    create role rds_iam nologin;
    create role ${admin.user} login createrole createdb password '${admin.password}';
    grant rds_iam to ${admin.user} with admin option, inherit false, set false;
    alter database smt owner to ${admin.user};`);
  // The gate has checked the token of a user who logs in with IAM, and stands in for PAM.
  const rules = [
    `host all ${iamUsers.join(',')} 127.0.0.1/32 trust`,
    'host all all 127.0.0.1/32 scram-sha-256',
  ];
  await writeFile(path.join(dataDir, 'pg_hba.conf'), `${rules.join('\n')}\n`);
  await superuser.query('select pg_reload_conf()');
}

interface Admission {
  readonly superuser: Client;
  readonly backendPort: number;
  readonly authority: RdsPostgres['authority'];
}

const sslRequestCode = 80_877_103;

/** Authenticates one connection, or says why it fails. */
async function admit(socket: Socket, { superuser, backendPort, authority }: Admission): Promise<void> {
  const first = await readExactly(socket, 8);
  if (first.readInt32BE(4) !== sslRequestCode) {
    socket.end(errorResponse('28000', 'no pg_hba.conf entry for host "127.0.0.1", no encryption'));
    return;
  }
  socket.write('S');
  const secureContext = createSecureContext({
    cert: await readFile(path.join(fixtures, 'server.pem')),
    key: await readFile(path.join(fixtures, 'server-key.pem')),
  });
  const tls = new TLSSocket(socket, { isServer: true, secureContext });
  tls.on('error', () => tls.destroy());
  const startup = await readMessage(tls, 0);
  const user = userOf(startup);
  if (await usesIam(superuser, user)) {
    tls.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])); // AuthenticationCleartextPassword
    const token = (await readMessage(tls, 1)).subarray(5, -1).toString();
    if (!isValidToken(token, user, authority.current)) {
      tls.end(errorResponse('28000', `PAM authentication failed for user "${user}"`));
      return;
    }
  }
  const backend = connect(backendPort, '127.0.0.1');
  backend.on('error', () => tls.destroy());
  tls.on('close', () => backend.destroy());
  backend.write(startup);
  tls.pipe(backend).pipe(tls);
}

/** As pg_hba.conf's `+rds_iam` asks: membership by whatever path, inherited or not. */
async function usesIam(superuser: Client, user: string): Promise<boolean> {
  const { rowCount } = await superuser.query(
    `with recursive roles as (
       select oid from pg_roles where rolname = $1
       union
       select roleid from pg_auth_members join roles on member = roles.oid
       where not (member = '${admin.user}'::regrole and roleid = 'rds_iam'::regrole and not inherit_option and not set_option))
     select from roles where oid = 'rds_iam'::regrole`,
    [user],
  );
  return rowCount === 1;
}

/** A token is a presigned request to the action `connect` of `rds-db`, without its scheme. */
function isValidToken(token: string, user: string, authority: Authority | undefined): boolean {
  if (!authority || !URL.canParse(`https://${token}`)) return false;
  const url = new URL(`https://${token}`);
  const query = new Map(url.searchParams);
  if (query.get('Action') !== 'connect' || query.get('DBUser') !== user) return false;
  try {
    const { accessKeyId } = verifySignature(
      {
        method: 'GET',
        rawPath: '/',
        query,
        queryPairs: [...url.searchParams],
        headers: new Map([['host', url.host]]),
        bodySha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', // of nothing
      },
      { service: 'rds-db', region, nowMs: Date.now(), credentialsOf: (id) => authority.credentialsOf(id) },
    );
    const resource = `arn:aws:rds-db:${region}:${accountId}:dbuser:cluster-LOCAL/${user}`;
    authority.authorize(accessKeyId, 'rds-db:connect', resource);
    return true;
  } catch {
    return false;
  }
}

function dataApiServer(authority: RdsPostgres['authority'], loginAsAdmin: RdsPostgres['loginAsAdmin']) {
  return createHttpServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const { resourceArn, secretArn, sql } = JSON.parse(body.toString()) as Record<string, string>;
    const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const signed = {
      method: 'POST',
      rawPath: request.url ?? '/',
      queryPairs: [],
      query: new Map<string, string>(),
    };
    const respond = (status: number, type: string, content: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': type });
      response.end(JSON.stringify(content));
    };
    const intents = [
      { action: 'rds-data:ExecuteStatement', resource: resourceArn ?? '' },
      { action: 'secretsmanager:GetSecretValue', resource: secretArn ?? '' },
    ];
    for (const intent of intents) {
      const rejection =
        authority.current &&
        rejectionOf(authority.current, { ...signed, headers, body }, { service: 'rds-data', region, intent });
      if (rejection) return respond(rejection.status, rejection.type, { message: rejection.message });
    }
    try {
      const client = await loginAsAdmin();
      await client.query(sql ?? '').finally(() => client.end());
      respond(200, '', { numberOfRecordsUpdated: 0 });
    } catch (error) {
      respond(400, 'DatabaseErrorException', { message: (error as Error).message });
    }
  });
}

async function listen<T extends ReturnType<typeof createServer>>(server: T) {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, close: () => void server.close() };
}

/** Reads a whole message: a length after `typeBytes` bytes of type, and as many bytes. */
async function readMessage(socket: Socket, typeBytes: 0 | 1): Promise<Buffer> {
  const head = await readExactly(socket, typeBytes + 4);
  const rest = await readExactly(socket, head.readInt32BE(typeBytes) - 4);
  return Buffer.concat([head, rest]);
}

async function readExactly(socket: Socket, sizeBytes: number): Promise<Buffer> {
  for (;;) {
    const chunk = socket.read(sizeBytes) as Buffer | null;
    if (chunk?.length === sizeBytes) return chunk;
    await new Promise<void>((resolve, reject) => {
      socket.once('readable', resolve).once('close', () => reject(new Error('the client disconnected')));
    });
  }
}

function userOf(startup: Buffer): string {
  const fields = startup.subarray(8).toString().split('\0');
  return fields[fields.indexOf('user') + 1] ?? '';
}

function errorResponse(sqlState: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, fields]);
}
