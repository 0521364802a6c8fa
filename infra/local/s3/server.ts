import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3EventRecord } from 'aws-lambda';
import { type Authority, soleOwner } from '../iam/authority.ts';
import type { Credentials } from '../iam/credentials.ts';
import { S3Faults } from './faults.ts';
import { respond, type Serving } from './respond.ts';
import { Store } from './store.ts';

export interface S3Options {
  /** Where objects are stored; those that an earlier server stored there are served again. One server at a time. */
  readonly dataDir: string;
  /** 0 or absent: a free one. */
  readonly port?: number;
  readonly region: string;
  /** Who may do what; a single pair of keys may do everything. */
  readonly authority: Authority | Credentials;
  /** Created when missing; all are versioned. */
  readonly buckets: readonly { readonly name: string }[];
  /** Called with S3's event record once a new object is durable, before the client has its response; must not throw. */
  readonly onEvent?: (event: S3EventRecord) => void;
}

export interface LocalS3 {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly faults: S3Faults;
  /** Closes all connections (partial uploads leave nothing behind), then closes the files. */
  close(): Promise<void>;
}

/**
 * Starts an S3 on 127.0.0.1 that speaks path-style requests, verifies their signatures, lengths and checksums, and
 * keeps versioned objects under `dataDir`. Rejects with `EADDRINUSE` when the port is taken.
 */
export async function startS3(options: S3Options): Promise<LocalS3> {
  const store = new Store(
    options.dataDir,
    options.buckets.map(({ name }) => name),
  );
  const faults = new S3Faults();
  const serving: Serving = {
    store,
    faults,
    region: options.region,
    authority: 'authorize' in options.authority ? options.authority : soleOwner(options.authority),
    onEvent: options.onEvent ?? (() => undefined),
  };
  const inFlight = new Set<Promise<void>>();
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 65_000 });
  const serve = (...[request, response]: Parameters<typeof respond>[1]) => {
    const done = respond(serving, [request, response]).finally(() => inFlight.delete(done));
    inFlight.add(done);
  };
  server.on('request', serve);
  server.on('checkContinue', serve); // 100 (Continue) is sent only after the request has been checked
  try {
    await listen(server, options.port ?? 0);
  } catch (error) {
    store.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      await Promise.all(inFlight);
      store.close();
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}
