import ssh2, { type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { DropletError, messageOf, TemporaryError } from '../errors.ts';
import { throwIfStopped } from '../retry.ts';
import {
  formatHostKeys,
  type HostKey,
  hostKeyTypeCount,
  parseHostKey,
  signaturesExcept,
} from './host-key.ts';
import { SftpSession } from './session.ts';
import type { SftpConfiguration } from './sftp-configuration.ts';

/** Limit for the handshake with login, and then for opening the SFTP session. */
const readyTimeoutMs = 30_000;
/** A connection is dead after four consecutive keepalives without a response. */
const keepalive = { keepaliveInterval: 15_000, keepaliveCountMax: 4 };

/**
 * Connects to a host whose key is pinned. Aborting the signal ends the connection and fails all pending requests.
 * @throws DropletError `configuration` when no key is pinned, `host-key-mismatch`, `login-rejected`, `stopped`;
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
      'SMT_HOST_KEY is not set, so the host cannot be authenticated. `smt-droplet doctor` shows the key that it presents now: compare it with what SMT says, and set it.',
    );
  }
  return connect(configuration, signal, ({ fingerprint }) => hostKeys.has(fingerprint));
}

/**
 * Finds out which host keys a host has, one of each type, without logging in.
 * @throws TemporaryError `sftp-unreachable`
 */
export async function listHostKeys(
  configuration: SftpConfiguration,
  signal: AbortSignal,
): Promise<readonly HostKey[]> {
  try {
    const session = await connect(configuration, signal, () => false);
    session.close();
    return [];
  } catch (error) {
    if (error instanceof HostKeyMismatchError) return error.presented;
    throw error;
  }
}

/** None of the host's keys is pinned. */
class HostKeyMismatchError extends DropletError {
  readonly presented: readonly HostKey[];
  constructor({ host, port, hostKeys }: SftpConfiguration, presented: readonly HostKey[]) {
    const pinned = [...(hostKeys ?? [])].join(', ');
    super(
      'host-key-mismatch',
      `${host}:${port} presents the host key ${formatHostKeys(presented)}, and SMT_HOST_KEY pins ${pinned}. Either SMT has changed its key, or the connection is intercepted. Nothing was sent. Ask SMT, and only then set the new key.`,
    );
    this.presented = presented;
  }
}

/**
 * A host may have keys of several types and presents one: of the type that the client prefers. So after a key that is
 * not pinned the remaining types are requested, and the host is rejected when none of its keys is pinned.
 */
async function connect(
  configuration: SftpConfiguration,
  signal: AbortSignal,
  isTrusted: (key: HostKey) => boolean,
): Promise<SftpSession> {
  const rejected: HostKey[] = [];
  for (let attempt = 0; attempt < hostKeyTypeCount; attempt++) {
    const rejectedBefore = rejected.length;
    try {
      return await connectOnce(configuration, signal, signaturesExcept(rejected), (key) => {
        const isAccepted = isTrusted(key);
        if (!isAccepted) rejected.push(key);
        return isAccepted;
      });
    } catch (error) {
      if (rejected.length > rejectedBefore) continue;
      if (rejected.length > 0 && hasNoCommonAlgorithm(error)) break;
      throw error;
    }
  }
  throw new HostKeyMismatchError(configuration, rejected);
}

function hasNoCommonAlgorithm(error: unknown): boolean {
  const { cause } = error as { readonly cause?: SshError };
  return cause?.level === 'handshake';
}

type SshError = Error & { readonly level?: string };

function connectOnce(
  configuration: SftpConfiguration,
  signal: AbortSignal,
  serverHostKey: ServerHostKeyAlgorithm[],
  isTrusted: (key: HostKey) => boolean,
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
    client.on('close', () => fail(new Error('the host closed the connection')));
    const stop = (): void => void client.destroy();
    signal.addEventListener('abort', stop);
    client.on('close', () => signal.removeEventListener('abort', stop));
    client.on('ready', () => {
      client.setNoDelay(true); // many small packets, each of which a file waits for
      const tooLate = (): void => fail(new Error(`no SFTP session within ${readyTimeoutMs / 1000} s`));
      const timer = setTimeout(tooLate, readyTimeoutMs);
      client.on('close', () => clearTimeout(timer));
      client.sftp((error, sftp) => {
        clearTimeout(timer);
        if (error) fail(error);
        else resolve(new SftpSession(client, sftp, configuration.timeoutMs));
      });
    });
    const hostVerifier = (key: Buffer): boolean => isTrusted(parseHostKey(key));
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
    ...keepalive,
  };
}

function connectError(error: SshError, { host, port, user, privateKey }: SftpConfiguration): DropletError {
  const where = `${host}:${port}`;
  if (error.level === 'client-authentication') {
    const by = privateKey === null ? 'password (SMT_PASSWORD)' : 'key (SMT_KEY)';
    return new DropletError('login-rejected', `${where} does not let ${user} in with this ${by}.`, {
      cause: error,
    });
  }
  return new TemporaryError('sftp-unreachable', `${where} cannot be reached by SFTP: ${messageOf(error)}.`, {
    cause: error,
  });
}
