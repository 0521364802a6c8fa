import { readFileSync } from 'node:fs';
import type { Variables } from './environment-file.ts';
import { DropletError } from './errors.ts';
import { type PinnedHostKeys, parseHostKeys } from './sftp/host-key.ts';

/** Where uploads are asked for, and as whom. */
export interface ApiConfiguration {
  readonly baseUrl: string;
  readonly adminToken: string;
}

/** How to get to SMT's files. */
export interface SftpConfiguration {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Text of the private key; null when there is a password instead. */
  readonly privateKey: string | null;
  readonly keyPassphrase: string | undefined;
  readonly password: string | undefined;
  /** Null: not pinned yet, so nothing is connected to but by the doctor, who only looks. */
  readonly hostKeys: PinnedHostKeys | null;
  readonly remoteDir: string;
}

export interface SyncConfiguration {
  readonly api: ApiConfiguration;
  readonly sftp: SftpConfiguration;
  /** Holds the ledger and, while files are on the way, their bytes. */
  readonly localDir: string;
  /** How long this machine has to see a remote file's size and time hold still before it is taken. */
  readonly settleMs: number;
  /** Disk space that is left alone. */
  readonly minFreeBytes: number;
}

/** Each problem of a configuration that is told at once, instead of one a run. */
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
  SMT_LOCAL_DIR: 'a local folder for the ledger and for files on their way',
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
    settleMs: count(env, 'SMT_SETTLE_SECONDS', 60, problems) * 1000,
    minFreeBytes: count(env, 'SMT_MIN_FREE_MB', 512, problems) * 1024 ** 2,
  };
  problems.throwIfAny();
  return configuration;
}

function apiConfiguration(env: Variables, problems: Problems): ApiConfiguration {
  const baseUrl = require(env, 'INTELLIWATT_BASE_URL', problems).replace(/\/+$/, '');
  if (baseUrl !== '' && !isSafeUrl(baseUrl)) {
    problems.add(
      `INTELLIWATT_BASE_URL has to be an https:// URL, since the token travels to it; it is ${baseUrl}.`,
    );
  }
  return { baseUrl, adminToken: require(env, 'ADMIN_TOKEN', problems) };
}

/** Without TLS only to this very machine. */
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
    port: count(env, 'SMT_PORT', 22, problems),
    user: require(env, 'SMT_USER', problems),
    privateKey,
    keyPassphrase: env.SMT_KEY_PASSPHRASE || undefined,
    password: privateKey === null ? password : undefined,
    hostKeys: readHostKeys(env, problems),
    remoteDir: require(env, 'SMT_REMOTE_DIR', problems),
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
  const keys = parseHostKeys(text);
  if (!keys) {
    problems.add(
      'SMT_HOST_KEY is neither a public host key ("ssh-ed25519 AAAA…") nor a fingerprint ("SHA256:…"), or several with commas between.',
    );
  }
  return keys;
}

function count(env: Variables, name: string, fallback: number, problems: Problems): number {
  const text = env[name]?.trim();
  if (!text) return fallback;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  problems.add(`${name} has to be a whole number; it is ${text}.`);
  return fallback;
}
