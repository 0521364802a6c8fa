import ssh2, { type ConnectConfig } from 'ssh2';
import type { SftpConfiguration } from '../configuration.ts';
import { DropletError, messageOf, TemporaryError } from '../errors.ts';
import { throwIfStopped } from '../retry.ts';
import { fingerprintOf } from './host-key.ts';
import { type SftpSession, sessionOver } from './session.ts';

/** Silence for so long is a connection that is gone. */
const readyTimeoutMs = 30_000;
const keepaliveIntervalMs = 15_000;
const keepalivesUnanswered = 4;

/**
 * Connects to a host whose key is pinned. When the signal aborts, the connection ends, and with it all that is asked.
 * @throws DropletError `configuration` when no key is pinned, `host-key-refused`, `login-refused`, `stopped`;
 *   TemporaryError `sftp-unreachable`
 */
export async function connectSftp(
  configuration: SftpConfiguration,
  signal: AbortSignal,
): Promise<SftpSession> {
  const { hostKeys } = configuration;
  if (!hostKeys) {
    throw new DropletError(
      'configuration',
      'SMT_HOST_KEY is not set, so there is no telling who answers. `smt-droplet doctor` shows the key that the host has now: compare it with what SMT says and set it.',
    );
  }
  return connect(configuration, signal, (shown) => hostKeys.has(shown));
}

/** Finds out which host key a host shows, without logging in. @throws TemporaryError `sftp-unreachable` */
export async function showHostKey(configuration: SftpConfiguration, signal: AbortSignal): Promise<string> {
  let seen: string | undefined;
  try {
    await connect(configuration, signal, (shown) => {
      seen = shown;
      return false;
    });
  } catch (error) {
    if (seen === undefined) throw error;
  }
  return seen ?? '';
}

function connect(
  configuration: SftpConfiguration,
  signal: AbortSignal,
  isRightKey: (fingerprint: string) => boolean,
): Promise<SftpSession> {
  throwIfStopped(signal);
  const { host, port } = configuration;
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let hostKey = '';
    let isRefused = false;
    const fail = (error: Error & { readonly level?: string }): void => {
      reject(connectError(error, configuration, isRefused ? hostKey : null));
      client.destroy();
    };
    client.on('error', fail);
    client.on('close', () => fail(new Error('the host ended the connection')));
    const stop = (): void => void client.destroy();
    signal.addEventListener('abort', stop);
    client.on('close', () => signal.removeEventListener('abort', stop));
    client.on('ready', () => {
      client.setNoDelay(true); // many small packets, each of which somebody waits for
      client.sftp((error, sftp) => {
        if (error) fail(error);
        else resolve(sessionOver(client, sftp));
      });
    });
    const hostVerifier = (key: Buffer): boolean => {
      hostKey = fingerprintOf(key);
      isRefused = !isRightKey(hostKey);
      return !isRefused;
    };
    try {
      client.connect({ ...settings(configuration), host, port, hostVerifier });
    } catch (error) {
      reject(
        new DropletError(
          'configuration',
          `The private SSH key (SMT_KEY) cannot be used: ${messageOf(error)}.`,
          {
            cause: error,
          },
        ),
      );
    }
  });
}

function settings({ user, privateKey, keyPassphrase, password }: SftpConfiguration): ConnectConfig {
  return {
    username: user,
    ...(privateKey === null ? { password: password ?? '' } : { privateKey }),
    ...(keyPassphrase === undefined ? {} : { passphrase: keyPassphrase }),
    readyTimeout: readyTimeoutMs,
    keepaliveInterval: keepaliveIntervalMs,
    keepaliveCountMax: keepalivesUnanswered,
  };
}

function connectError(
  error: Error & { readonly level?: string },
  { host, port, user, hostKeys, privateKey }: SftpConfiguration,
  refusedHostKey: string | null,
): DropletError {
  const where = `${host}:${port}`;
  if (refusedHostKey !== null) {
    const pinned = [...(hostKeys ?? [])].join(', ');
    return new DropletError(
      'host-key-refused',
      `${where} shows the host key ${refusedHostKey}, and SMT_HOST_KEY allows ${pinned}. Either SMT has changed its key, or somebody is in between. Nothing was sent. Ask SMT; only then set the new key.`,
      { cause: error },
    );
  }
  if (error.level === 'client-authentication') {
    const by = privateKey === null ? 'password (SMT_PASSWORD)' : 'key (SMT_KEY)';
    return new DropletError('login-refused', `${where} does not let ${user} in with this ${by}.`, {
      cause: error,
    });
  }
  return new TemporaryError('sftp-unreachable', `${where} cannot be reached by SFTP: ${messageOf(error)}.`, {
    cause: error,
  });
}
