import { readFileSync } from 'node:fs';
import type { Variables } from './environment-file.ts';
import { DropletError } from './errors.ts';
import { type PinnedHostKeys, parsePinnedHostKeys } from './sftp/host-key.ts';
import type { SftpConfiguration } from './sftp/sftp-configuration.ts';
import type { ApiConfiguration } from './upload/api-configuration.ts';

export interface SyncConfiguration {
  readonly api: ApiConfiguration;
  readonly sftp: SftpConfiguration;
  /** Holds the ledger, and the bytes of files in flight. */
  readonly localDir: string;
  /** How long a remote file must be seen unchanged before it is fetched. */
  readonly settleMs: number;
  /** Disk space to leave free. */
  readonly minFreeBytes: number;
}

/** Collects the problems of a configuration, to report them all at once. */
class Problems {
  readonly messages: string[] = [];

  add(message: string): void {
    this.messages.push(message);
  }

  /** @throws DropletError `configuration` */
  throwIfAny(): void {
    if (this.messages.length > 0) throw new DropletError('configuration', this.messages.join(' '));
  }
}

const required: Readonly<Record<string, string>> = {
  ADMIN_TOKEN: 'the admin token of the ingest API',
  INTELLIWATT_BASE_URL: 'the base URL of the ingest API',
  SMT_HOST: 'the SFTP host',
  SMT_USER: 'the SFTP user',
  SMT_REMOTE_DIR: 'the remote folder',
  SMT_LOCAL_DIR: 'a local folder for the ledger and for files in flight',
};

function require(env: Variables, name: string, problems: Problems): string {
  const value = env[name]?.trim();
  if (!value) problems.add(`${name} is not set: ${required[name]}.`);
  return value ?? '';
}

/** @throws DropletError `configuration` naming each variable that is missing or wrong */
export function readApiConfiguration(env: Variables): ApiConfiguration {
  const problems = new Problems();
  const api = apiConfiguration(env, problems);
  problems.throwIfAny();
  return api;
}

/** @throws DropletError `configuration` naming each variable that is missing or wrong */
export function readSyncConfiguration(env: Variables): SyncConfiguration {
  const problems = new Problems();
  const configuration = {
    api: apiConfiguration(env, problems),
    sftp: sftpConfiguration(env, problems),
    localDir: require(env, 'SMT_LOCAL_DIR', problems),
    settleMs: count(env, { name: 'SMT_SETTLE_SECONDS', fallback: 60 }, problems) * 1000,
    minFreeBytes: count(env, { name: 'SMT_MIN_FREE_MB', fallback: 512 }, problems) * 1024 ** 2,
  };
  problems.throwIfAny();
  return configuration;
}

function apiConfiguration(env: Variables, problems: Problems): ApiConfiguration {
  const baseUrl = require(env, 'INTELLIWATT_BASE_URL', problems).replace(/(?<!\/)\/+$/, '');
  if (baseUrl !== '' && !isSafeUrl(baseUrl)) {
    problems.add(
      `INTELLIWATT_BASE_URL must be an https:// URL, since the token is sent to it; it is ${baseUrl}.`,
    );
  }
  return { baseUrl, adminToken: require(env, 'ADMIN_TOKEN', problems) };
}

/** Without TLS only to this machine. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (
    protocol === 'https:' || (protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(hostname))
  );
}

function sftpConfiguration(env: Variables, problems: Problems): SftpConfiguration {
  const privateKey = readPrivateKey(env, problems);
  const password = env.SMT_PASSWORD || undefined;
  if (privateKey === null && password === undefined) {
    problems.add('Neither SMT_KEY, the path of the private SSH key, nor SMT_PASSWORD is set.');
  }
  return {
    host: require(env, 'SMT_HOST', problems),
    port: count(env, { name: 'SMT_PORT', fallback: 22, min: 1, max: 65_535 }, problems),
    user: require(env, 'SMT_USER', problems),
    privateKey,
    keyPassphrase: env.SMT_KEY_PASSPHRASE || undefined,
    password: privateKey === null ? password : undefined,
    hostKeys: readHostKeys(env, problems),
    remoteDir: require(env, 'SMT_REMOTE_DIR', problems),
    timeoutMs: count(env, { name: 'SMT_TIMEOUT_SECONDS', fallback: 60, min: 1, max: 3600 }, problems) * 1000,
  };
}

function readPrivateKey(env: Variables, problems: Problems): string | null {
  if (!env.SMT_KEY) return null;
  try {
    return readFileSync(env.SMT_KEY, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    problems.add(`SMT_KEY: the private SSH key ${env.SMT_KEY} cannot be read (${reason}).`);
    return '';
  }
}

function readHostKeys(env: Variables, problems: Problems): PinnedHostKeys | null {
  const text = env.SMT_HOST_KEY?.trim();
  if (!text) return null;
  const keys = parsePinnedHostKeys(text);
  if (!keys) {
    problems.add(
      'SMT_HOST_KEY is neither a public host key ("ssh-ed25519 AAAA…") nor a fingerprint ("SHA256:…"); several are separated by commas.',
    );
  }
  return keys;
}

interface CountVariable {
  readonly name: string;
  readonly fallback: number;
  readonly min?: number;
  readonly max?: number;
}

function count(
  env: Variables,
  { name, fallback, min = 0, max = 1e9 }: CountVariable,
  problems: Problems,
): number {
  const text = env[name]?.trim();
  if (!text) return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  problems.add(`${name} must be a whole number from ${min} to ${max}; it is ${text}.`);
  return fallback;
}
