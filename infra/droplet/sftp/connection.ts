import ssh2, { type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import type { SftpConfiguration } from '../configuration.ts';
import { DropletError, messageOf, TemporaryError } from '../errors.ts';
import { throwIfStopped } from '../retry.ts';
import { type HostKey, hostKeyOf, hostKeyTypes, nameHostKeys, signaturesBesides } from './host-key.ts';
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
  return connect(configuration, signal, ({ fingerprint }) => hostKeys.has(fingerprint));
}

/**
 * Finds out which host keys a host has, one of each type, without logging in.
 * @throws TemporaryError `sftp-unreachable`
 */
export async function showHostKeys(
  configuration: SftpConfiguration,
  signal: AbortSignal,
): Promise<readonly HostKey[]> {
  try {
    const session = await connect(configuration, signal, () => false);
    session.close();
    return [];
  } catch (error) {
    if (error instanceof WrongHostKey) return error.shown;
    throw error;
  }
}

/** None of the keys that the host has is the right one. */
class WrongHostKey extends DropletError {
  readonly shown: readonly HostKey[];
  constructor({ host, port, hostKeys }: SftpConfiguration, shown: readonly HostKey[]) {
    const pinned = [...(hostKeys ?? [])].join(', ');
    super(
      'host-key-refused',
      `${host}:${port} shows the host key ${nameHostKeys(shown)}, and SMT_HOST_KEY allows ${pinned}. Either SMT has changed its key, or somebody is in between. Nothing was sent. Ask SMT; only then set the new key.`,
    );
    this.shown = shown;
  }
}

/**
 * A host may have keys of several types, and shows one: of the type that is asked for first. So after a wrong key the
 * other types are asked for, and the host is refused when none of its keys is right.
 */
async function connect(
  configuration: SftpConfiguration,
  signal: AbortSignal,
  isRightKey: (key: HostKey) => boolean,
): Promise<SftpSession> {
  const wrong: HostKey[] = [];
  for (let tries = 0; tries < hostKeyTypes; tries++) {
    const wrongBefore = wrong.length;
    try {
      return await connectOnce(configuration, signal, signaturesBesides(wrong), (key) => {
        const isRight = isRightKey(key);
        if (!isRight) wrong.push(key);
        return isRight;
      });
    } catch (error) {
      if (wrong.length > wrongBefore) continue;
      if (wrong.length > 0 && isNothingInCommon(error)) break;
      throw error;
    }
  }
  throw new WrongHostKey(configuration, wrong);
}

/** Whether client and host found no algorithms that both have. */
function isNothingInCommon(error: unknown): boolean {
  const { cause } = error as { readonly cause?: SshError };
  return cause?.level === 'handshake';
}

type SshError = Error & { readonly level?: string };

function connectOnce(
  configuration: SftpConfiguration,
  signal: AbortSignal,
  serverHostKey: ServerHostKeyAlgorithm[],
  isRightKey: (key: HostKey) => boolean,
): Promise<SftpSession> {
  throwIfStopped(signal);
  const { host, port } = configuration;
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    const fail = (error: SshError): void => {
      reject(connectError(error, configuration));
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
    const hostVerifier = (key: Buffer): boolean => isRightKey(hostKeyOf(key));
    try {
      client.connect({ ...settings(configuration), host, port, hostVerifier, algorithms: { serverHostKey } });
    } catch (error) {
      const message = `The private SSH key (SMT_KEY) cannot be used: ${messageOf(error)}.`;
      reject(new DropletError('configuration', message, { cause: error }));
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

function connectError(error: SshError, { host, port, user, privateKey }: SftpConfiguration): DropletError {
  const where = `${host}:${port}`;
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
