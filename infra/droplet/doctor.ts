import { statfs } from 'node:fs/promises';
import { readSyncConfiguration, type SyncConfiguration } from './configuration.ts';
import type { Variables } from './environment-file.ts';
import { DropletError, messageOf } from './errors.ts';
import { checkWritable } from './local-folder.ts';
import { connectSftp, listHostKeys } from './sftp/connection.ts';
import { formatHostKeys } from './sftp/host-key.ts';
import { RemoteFolder } from './sftp/remote-folder.ts';
import type { ApiConfiguration } from './upload/api-configuration.ts';
import { send } from './upload/send.ts';
import { requestDryRun } from './upload/upload-api.ts';

export interface Finding {
  readonly check: string;
  /** `skipped`: it needs something that a check before it found broken. */
  readonly result: 'ok' | 'broken' | 'skipped';
  /** What was found, or what to do. */
  readonly message: string;
}

/** A larger difference makes the times in the log useless; at 15 minutes S3 rejects requests. */
const maxClockSkewMs = 60_000;

/** Checks everything that a sync needs, changing nothing. A cause is reported once: what depends on it is skipped. */
export async function* doctor(env: Variables, signal: AbortSignal): AsyncGenerator<Finding> {
  let configuration: SyncConfiguration;
  try {
    configuration = readSyncConfiguration(env);
  } catch (error) {
    yield { check: 'configuration', result: 'broken', message: messageOf(error) };
    return;
  }
  yield { check: 'configuration', result: 'ok', message: 'complete' };
  yield await examine('local folder', () => checkLocalDir(configuration));
  yield* checkUploads(configuration.api, signal);
  yield* checkSftp(configuration, signal);
}

async function examine(check: string, find: () => Promise<string>): Promise<Finding> {
  try {
    return { check, result: 'ok', message: await find() };
  } catch (error) {
    return { check, result: 'broken', message: messageOf(error) };
  }
}

/** Yields the findings of checks that each need the one before. */
async function* examineInTurn(checks: readonly (readonly [string, () => Promise<string>])[]) {
  let broken: string | undefined;
  for (const [check, find] of checks) {
    if (broken !== undefined) {
      yield { check, result: 'skipped', message: `it needs: ${broken}` } satisfies Finding;
      continue;
    }
    const finding = await examine(check, find);
    if (finding.result === 'broken') broken = check;
    yield finding;
  }
}

async function checkLocalDir({ localDir, minFreeBytes }: SyncConfiguration): Promise<string> {
  await checkWritable(localDir);
  const { bavail, bsize } = await statfs(localDir);
  const mb = (bytes: number): number => Math.floor(bytes / 1024 ** 2);
  const free = mb(bavail * bsize);
  if (bavail * bsize <= minFreeBytes) {
    throw new DropletError(
      'disk-full',
      `${localDir} has ${free} MB free, and ${mb(minFreeBytes)} MB (SMT_MIN_FREE_MB) must stay free. Free some space.`,
    );
  }
  return `${localDir}, ${free} MB free`;
}

async function* checkUploads(api: ApiConfiguration, signal: AbortSignal): AsyncGenerator<Finding> {
  let clock: Finding | undefined;
  let uploadOrigin = '';
  const health = async (): Promise<string> => {
    const { status, headers } = await get(`${api.baseUrl}/health`, signal);
    if (headers.date !== undefined) clock = checkClock(Date.parse(headers.date));
    if (status === 200) return `${api.baseUrl} responds`;
    throw new DropletError(
      'not-the-api',
      `${api.baseUrl}/health responds with ${status}. Is INTELLIWATT_BASE_URL right?`,
    );
  };
  const token = async (): Promise<string> => {
    uploadOrigin = await requestDryRun(api, signal);
    return 'accepted, and the database responds';
  };
  for await (const finding of examineInTurn([
    ['API', health],
    ['token', token],
    ['S3', () => checkS3(uploadOrigin, signal)],
  ])) {
    yield finding;
    if (finding.check === 'API' && clock) yield clock;
  }
}

function checkClock(serverMs: number): Finding {
  const skewMs = Date.now() - serverMs;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const isOk = !(Math.abs(skewMs) > maxClockSkewMs);
  const direction = skewMs > 0 ? 'ahead of' : 'behind';
  const fix = ' Set it: timedatectl set-ntp true.';
  const message = `${seconds} s ${direction} the API's.${isOk ? '' : fix}`;
  return { check: 'clock', result: isOk ? 'ok' : 'broken', message };
}

/** Whether S3 itself responds where uploads go: any status will do, since the request carries no signature. */
async function checkS3(origin: string, signal: AbortSignal): Promise<string> {
  try {
    const { headers } = await get(`${origin}/`, signal);
    if (headers['x-amz-request-id'] !== undefined) return `${origin} responds`;
  } catch (error) {
    throw unreachable(origin, messageOf(error), error);
  }
  throw unreachable(origin, 'something other than S3 responds, such as a proxy or a firewall');
}

function unreachable(origin: string, reason: string, cause?: unknown): DropletError {
  return new DropletError(
    's3-unreachable',
    `${origin}, where uploads go, cannot be reached: ${reason.replace(/\.$/, '')}. Allow HTTPS to it.`,
    { cause },
  );
}

function get(url: string, signal: AbortSignal) {
  return send({ method: 'GET', url, headers: {}, signal });
}

async function* checkSftp(configuration: SyncConfiguration, signal: AbortSignal): AsyncGenerator<Finding> {
  const { sftp } = configuration;
  yield* examineInTurn([
    ['host key', () => checkHostKey(configuration, signal)],
    [
      'login',
      async () => {
        (await connectSftp(sftp, signal)).close();
        return `${sftp.user}@${sftp.host}:${sftp.port}`;
      },
    ],
    ['remote folder', () => checkRemoteFolder(configuration, signal)],
  ]);
}

async function checkHostKey({ sftp }: SyncConfiguration, signal: AbortSignal): Promise<string> {
  const presented = await listHostKeys(sftp, signal);
  if (!sftp.hostKeys) {
    throw new DropletError(
      'configuration',
      `SMT_HOST_KEY is not set. ${sftp.host} presents ${formatHostKeys(presented)}: compare it with what SMT says, and set SMT_HOST_KEY=${presented[0]?.fingerprint}`,
    );
  }
  const trusted = presented.filter(({ fingerprint }) => sftp.hostKeys?.has(fingerprint));
  if (trusted.length === 0) {
    throw new DropletError(
      'host-key-mismatch',
      `${sftp.host} presents ${formatHostKeys(presented)}, none of which is in SMT_HOST_KEY. Ask SMT whether it has changed its key.`,
    );
  }
  return formatHostKeys(trusted);
}

async function checkRemoteFolder({ sftp }: SyncConfiguration, signal: AbortSignal): Promise<string> {
  const remote = new RemoteFolder(sftp, signal);
  try {
    const { files, unreadable } = await remote.list();
    if (unreadable[0]) throw new DropletError('remote-folder', unreadable[0].reason);
    if (files.length === 0)
      return `${sftp.remoteDir} is empty: SMT has put nothing there, or it is the wrong folder`;
    const newest = new Date(Math.max(...files.map(({ modifiedAtSeconds }) => modifiedAtSeconds)) * 1000);
    return `${sftp.remoteDir}, ${files.length} files, the newest of ${newest.toISOString().slice(0, 10)}`;
  } finally {
    await remote.close();
  }
}
