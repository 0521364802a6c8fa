import type { PinnedHostKeys } from './host-key.ts';

/** Where SMT's files are, and how to log in. */
export interface SftpConfiguration {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Text of the private key; null when a password is used instead. */
  readonly privateKey: string | null;
  readonly keyPassphrase: string | undefined;
  readonly password: string | undefined;
  /** Null when none is pinned yet: then only `doctor` connects, and does not log in. */
  readonly hostKeys: PinnedHostKeys | null;
  readonly remoteDir: string;
  /** How long the server may leave a request without a response. */
  readonly timeoutMs: number;
}
