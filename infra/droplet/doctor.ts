import { statfs } from 'node:fs/promises';
import { readSyncConfiguration, type SyncConfiguration } from './configuration.ts';
import type { Variables } from './environment-file.ts';
import { DropletError, messageOf } from './errors.ts';
import { checkWritable } from './local-folder.ts';
import { connectSftp, showHostKeys } from './sftp/connection.ts';
import { nameHostKeys } from './sftp/host-key.ts';
import { RemoteFolder } from './sftp/remote-folder.ts';
import { send } from './upload/send.ts';
import { postToApi, refusal } from './upload/upload-api.ts';

export interface Finding {
  readonly check: string;
  readonly isOk: boolean;
  /** What was found, or what to do. */
  readonly told: string;
}

/** Clocks that differ by more make times in the log worthless, and S3 refuses requests 15 minutes off. */
const maxClockSkewMs = 60_000;

/** Checks all that a sync needs, one thing after the other, changing nothing. Yields what it finds. */
export async function* doctor(env: Variables, signal: AbortSignal): AsyncGenerator<Finding> {
  let configuration: SyncConfiguration;
  try {
    configuration = readSyncConfiguration(env);
  } catch (error) {
    yield { check: 'configuration', isOk: false, told: messageOf(error) };
    return;
  }
  yield { check: 'configuration', isOk: true, told: 'complete' };
  yield await finding('local folder', () => checkLocalDir(configuration));
  yield* checkApi(configuration, signal);
  yield await finding('host key', () => checkHostKey(configuration, signal));
  if (configuration.sftp.hostKeys) {
    yield await finding('login', () => checkLogin(configuration, signal));
    yield await finding('remote folder', () => checkRemoteFolder(configuration, signal));
  }
}

async function finding(check: string, examine: () => Promise<string>): Promise<Finding> {
  try {
    return { check, isOk: true, told: await examine() };
  } catch (error) {
    return { check, isOk: false, told: messageOf(error) };
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
      `${localDir} has ${free} MB free, and ${mb(minFreeBytes)} MB (SMT_MIN_FREE_MB) are to be left alone. Make room.`,
    );
  }
  return `${localDir}, ${free} MB free`;
}

async function* checkApi({ api }: SyncConfiguration, signal: AbortSignal): AsyncGenerator<Finding> {
  let dateHeader: string | undefined;
  yield await finding('API', async () => {
    const { status, headers } = await send({
      method: 'GET',
      url: `${api.baseUrl}/health`,
      headers: {},
      signal,
    });
    dateHeader = headers.date;
    if (status !== 200) {
      throw new DropletError(
        'not-the-api',
        `${api.baseUrl}/health answers ${status}. Is INTELLIWATT_BASE_URL right?`,
      );
    }
    return `${api.baseUrl} answers`;
  });
  if (dateHeader !== undefined) yield checkClock(Date.parse(dateHeader));
  yield await finding('token', async () => {
    // A request that says nothing changes nothing; whether it is found wanting or refused tells of the token.
    const answer = await postToApi(api, {}, signal);
    if (answer.status === 400) return 'accepted';
    throw refusal(api, answer);
  });
}

function checkClock(serverMs: number): Finding {
  const skewMs = Date.now() - serverMs;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const isOk = !(Math.abs(skewMs) > maxClockSkewMs);
  const direction = skewMs > 0 ? 'ahead of' : 'behind';
  const fix = ' Set it: timedatectl set-ntp true.';
  return { check: 'clock', isOk, told: `${seconds} s ${direction} the API's.${isOk ? '' : fix}` };
}

async function checkHostKey({ sftp }: SyncConfiguration, signal: AbortSignal): Promise<string> {
  const shown = await showHostKeys(sftp, signal);
  if (!sftp.hostKeys) {
    throw new DropletError(
      'configuration',
      `SMT_HOST_KEY is not set. ${sftp.host} shows ${nameHostKeys(shown)}: compare it with what SMT says, then set SMT_HOST_KEY=${shown[0]?.fingerprint}`,
    );
  }
  const right = shown.filter(({ fingerprint }) => sftp.hostKeys?.has(fingerprint));
  if (right.length === 0) {
    throw new DropletError(
      'host-key-refused',
      `${sftp.host} shows ${nameHostKeys(shown)}: nothing of this is in SMT_HOST_KEY. Ask SMT whether it has changed its key.`,
    );
  }
  return nameHostKeys(right);
}

async function checkLogin({ sftp }: SyncConfiguration, signal: AbortSignal): Promise<string> {
  const session = await connectSftp(sftp, signal);
  session.close();
  return `${sftp.user}@${sftp.host}:${sftp.port}`;
}

async function checkRemoteFolder({ sftp }: SyncConfiguration, signal: AbortSignal): Promise<string> {
  const remote = new RemoteFolder(sftp, signal);
  try {
    const { files, unreadable } = await remote.list();
    if (unreadable[0]) throw new DropletError('remote-folder', unreadable[0].reason);
    return `${sftp.remoteDir}, ${files.length} files`;
  } finally {
    await remote.close();
  }
}
