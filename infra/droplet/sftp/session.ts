import type { Client, SFTPWrapper } from 'ssh2';

/** Sends one request; `done` receives the response. */
export type SftpRequest<T> = (
  sftp: SFTPWrapper,
  done: (error: Error | null | undefined, response: T) => void,
) => void;

/** The server has left one request without a response, while it responds to others. */
export class RequestTimeoutError extends Error {
  constructor(timeoutMs: number) {
    super(`no response within ${timeoutMs / 1000} s, while the server responds to other requests`);
    this.name = 'RequestTimeoutError';
  }
}

const closedByServer = new Error('the server closed the session');
const silent = (timeoutMs: number): Error => new Error(`the server was silent for ${timeoutMs / 1000} s`);

/** One SFTP session over one SSH connection. They end together, since a server may close the one and keep the other. */
export class SftpSession {
  /** Resolves when the session has ended, whoever ended it. */
  readonly closed: Promise<void>;
  private readonly client: Client;
  private readonly sftp: SFTPWrapper;
  private readonly timeoutMs: number;
  private readonly pending = new Set<(reason: Error) => void>();
  private lastResponseAtMs = Date.now();
  private isClosed = false;
  private resolveClosed: () => void = () => undefined;

  constructor(client: Client, sftp: SFTPWrapper, timeoutMs: number) {
    this.client = client;
    this.sftp = sftp;
    this.timeoutMs = timeoutMs;
    this.closed = new Promise((resolve) => {
      this.resolveClosed = resolve;
    });
    const end = (): void => this.end(closedByServer);
    client.once('close', end);
    sftp.once('close', end);
    sftp.on('error', end);
  }

  /**
   * Sends a request. It always ends, which ssh2 does not guarantee: ssh2 drops requests on a closed channel, and waits
   * for a server without limit.
   * @throws the server's error response, an Error with a status in `code`; RequestTimeoutError; an Error without a code
   *   when the session ends first
   */
  request<T>(send: SftpRequest<T>): Promise<T> {
    return this.ask(send, async (fail) => {
      await this.probe();
      fail(new RequestTimeoutError(this.timeoutMs));
    });
  }

  close(): void {
    this.client.end();
  }

  private ask<T>(
    send: SftpRequest<T>,
    onTimeout?: (fail: (reason: Error) => void) => Promise<void>,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) return reject(closedByServer);
      const fail = (reason: Error): void => {
        clearTimeout(timer);
        this.pending.delete(fail);
        reject(reason);
      };
      const timer = onTimeout && setTimeout(() => void onTimeout(fail).catch(fail), this.timeoutMs);
      this.pending.add(fail);
      send(this.sftp, (error, response) => {
        this.lastResponseAtMs = Date.now();
        if (error) return fail(error);
        clearTimeout(timer);
        this.pending.delete(fail);
        resolve(response);
      });
    });
  }

  /**
   * Distinguishes a request that hangs from a slow connection: servers respond in order, so a request sent now is not
   * responded to before those that merely wait in the queue. If nothing at all arrives before its response, the session is dead.
   */
  private async probe(): Promise<void> {
    const watch = setInterval(() => {
      if (Date.now() - this.lastResponseAtMs >= this.timeoutMs) this.end(silent(this.timeoutMs));
    }, this.timeoutMs);
    try {
      await this.ask<string>((sftp, done) => sftp.realpath('.', done));
    } catch (error) {
      if (this.isClosed) throw error; // otherwise it is an error response, which proves that the server is alive
    } finally {
      clearInterval(watch);
    }
  }

  private end(reason: Error): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const fail of this.pending) fail(reason);
    this.client.destroy();
    this.resolveClosed();
  }
}
