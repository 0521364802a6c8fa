import type { Client, SFTPWrapper } from 'ssh2';

/** Sends one request; `done` is its answer. */
export type SftpRequest<T> = (
  sftp: SFTPWrapper,
  done: (error: Error | null | undefined, answer: T) => void,
) => void;

/** One SFTP session over one SSH connection. */
export interface SftpSession {
  /** Settles when the session has ended, whoever ended it. */
  readonly closed: Promise<void>;
  /**
   * Asks the server. Settles for certain, which ssh2 does not promise: on a channel that is closed it drops requests.
   * @throws what the server answers, an Error with a status; when the session ends before it does, one without
   */
  request<T>(send: SftpRequest<T>): Promise<T>;
  close(): void;
}

/** A session and its connection live and end together, since a server may close the one and keep the other. */
export function sessionOver(client: Client, sftp: SFTPWrapper): SftpSession {
  const unanswered = new Set<(reason: Error) => void>();
  const lost = new Error('the server has ended the session');
  let isOver = false;
  const closed = new Promise<void>((settle) => {
    const end = (): void => {
      isOver = true;
      for (const reject of unanswered) reject(lost);
      unanswered.clear();
      client.end();
      settle();
    };
    client.once('close', end);
    sftp.once('close', end);
    sftp.on('error', end);
  });
  const request = <T>(send: SftpRequest<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (isOver) return reject(lost);
      unanswered.add(reject);
      send(sftp, (error, answer) => {
        unanswered.delete(reject);
        if (error) reject(error);
        else resolve(answer);
      });
    });
  return { closed, request, close: () => client.end() };
}
