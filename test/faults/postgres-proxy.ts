import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Inject } from './inject.ts';
import { PostgresMessages } from './postgres-messages.ts';
import type { Step } from './steps.ts';

export interface PostgresProxy {
  readonly port: number;
  /** Closes every connection, except those that are half open. */
  cutAll(): void;
  close(): Promise<void>;
}

/** Forwards connections to a local Postgres, and injects faults into the statements it recognizes. */
export async function startPostgresProxy(serverPort: number, inject: Inject): Promise<PostgresProxy> {
  const links = new Set<Link>();
  const server = createServer({ noDelay: true }, (client) => {
    const link = new Link(client, serverPort, inject);
    links.add(link);
    link.onEnd(() => links.delete(link));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cutAll = () => {
    for (const link of links) if (!link.isHalfOpen) link.cut();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cutAll,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const link of links) link.cut();
      await closed;
    },
  };
}

/** Identifies the program's statements by text that only they contain. */
const statements: readonly (readonly [RegExp, Step])[] = [
  [/insert into raw_files/, 'insert-row'],
  [/set "queued_at"/, 'note-queued'],
  [/claimed as \(/, 'claim'],
  [/insert into interval_blocks/, 'finish'],
  [/released as \(/, 'release'],
  [/set "announced_at" = now\(\)/, 'note-announced'],
  [/^commit/, 'commit'],
];

/** One client and its connection to the server; each message is handled before the next. */
class Link {
  private readonly client: Socket;
  private readonly server: Socket;
  private readonly inject: Inject;
  private readonly clientPort: number;
  /** The statement in flight, into whose response a fault may be injected. */
  private step: Step | undefined;
  private isCopying = false;
  /** The client is gone, and the server has not been told. */
  isHalfOpen = false;

  constructor(client: Socket, serverPort: number, inject: Inject) {
    this.client = client;
    this.clientPort = client.remotePort ?? 0;
    this.inject = inject;
    this.server = connect({ port: serverPort, host: '127.0.0.1', noDelay: true });
    client.on('error', () => this.onClientEnd());
    client.on('close', () => this.onClientEnd());
    this.server.on('error', () => this.cut());
    this.server.on('close', () => this.cut());
    this.relay(client, this.server, new PostgresMessages('client'), (type, bytes) => this.asked(type, bytes));
    this.relay(this.server, client, new PostgresMessages('server'), (type) => this.onResponse(type));
  }

  cut(): void {
    this.client.destroy();
    this.server.destroy();
  }

  /** Calls back when the server's side is closed. */
  onEnd(callback: () => void): void {
    this.server.on('close', callback);
  }

  private onClientEnd(): void {
    if (this.isHalfOpen) this.client.destroy();
    else this.cut();
  }

  private relay(
    from: Socket,
    to: Socket,
    messages: PostgresMessages,
    inspect: (type: string, body: Buffer) => Promise<void> | undefined,
  ): void {
    let underWay = Promise.resolve();
    from.on('data', (chunk: Buffer) => {
      from.pause();
      underWay = underWay
        .then(async () => {
          for (const { type, bytes } of messages.split(chunk)) {
            await inspect(type, bytes);
            if (to.destroyed || this.isHalfOpen) return;
            to.write(bytes);
          }
          from.resume();
        })
        .catch(() => this.cut());
    });
  }

  /** A message of the client: Query, Parse or CopyData can be the start of a step. */
  private asked(type: string, bytes: Buffer): Promise<void> | undefined {
    if (type === 'd') {
      if (this.isCopying) return undefined;
      this.isCopying = true;
      return this.injectAt('copy', 'before');
    }
    if (type !== 'Q' && type !== 'P') return undefined;
    this.isCopying = false;
    const text = bytes.toString('utf8', 5).replace(/^\0/, ''); // a Parse begins with the statement's name, here none
    this.step = statements.find(([pattern]) => pattern.test(text))?.[1];
    return this.step && this.injectAt(this.step, 'before');
  }

  /** ReadyForQuery: the server has completed the statement; the client has not received it yet. */
  private onResponse(type: string): Promise<void> | undefined {
    if (type !== 'C' && type !== 'Z') return undefined;
    const step = this.step;
    this.step = undefined;
    return step && this.injectAt(step, 'after');
  }

  private async injectAt(step: Step, when: 'before' | 'after'): Promise<void> {
    const outcome = await this.inject(step, when, this.clientPort, () => {
      this.isHalfOpen = true;
    });
    if (outcome === 'break') this.onClientEnd();
  }
}
