import path from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { Client } from 'pg';
import type { Intercept } from '../../infra/local/intercept.ts';
import type { Worker } from '../../infra/local/lambda/local-function.ts';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { Announcements } from './announcements.ts';
import { installAudit } from './audit.ts';
import { type HttpProxy, startHttpProxy } from './http-proxy.ts';
import { type Inject, injector } from './inject.ts';
import type { Pace } from './pace.ts';
import type { Delivery, Plan } from './plan.ts';
import { type PostgresProxy, startPostgresProxy } from './postgres-proxy.ts';
import { processOfPort } from './process-of-port.ts';
import { queueStepOf, s3StepOf } from './service-steps.ts';
import { ArmedSteps } from './steps.ts';
import type { WorkerSlot } from './worker-slot.ts';

/** How often deliveries were tampered with. */
export interface DeliveryCounts {
  lost: number;
  doubled: number;
  delayed: number;
  swallowed: number;
}

const untouched: DeliveryCounts = { lost: 0, doubled: 0, delayed: 0, swallowed: 0 };

/** The real stack of one run, with a proxy in front of each service. */
export class World {
  readonly armed: ArmedSteps;
  readonly events: DeliveryCounts = { ...untouched };
  readonly messages: DeliveryCounts = { ...untouched };
  /** Lines the normalize function logged. */
  readonly normalizeLog: string[] = [];
  readonly seenPids = new Set<number>();
  readonly pace: Pace;
  private readonly plan: Plan;
  private readonly slot: WorkerSlot;
  private readonly closers: (() => Promise<unknown> | unknown)[] = [];
  private isCalm = false;
  private eventCount = 0;
  private messageCount = 0;
  private runningStack: LocalStack | undefined;
  private s3Proxy: HttpProxy | undefined;
  private postgresProxy: PostgresProxy | undefined;
  private queueServerUrl = '';
  private subscription: Announcements | undefined;

  constructor(plan: Plan, slot: WorkerSlot, pace: Pace) {
    this.pace = pace;
    this.plan = plan;
    this.slot = slot;
    this.armed = new ArmedSteps(plan.stepFaults);
  }

  get stack(): LocalStack {
    if (!this.runningStack) throw new Error('the world has not been started');
    return this.runningStack;
  }

  /** What a subscriber of the topic receives. */
  get announcements(): Announcements {
    if (!this.subscription) throw new Error('the world has not been started');
    return this.subscription;
  }

  async start(assemblyDir: string): Promise<void> {
    const databaseName = `run_${this.plan.seed}`;
    await this.slot.createDatabase(databaseName);
    this.closers.push(() => this.slot.dropDatabase(databaseName));
    let inject: Inject = async () => 'go on'; // until all is up
    const current: Inject = (...call) => inject(...call);
    const proxy = await startPostgresProxy(this.slot.postgresPort, current);
    this.postgresProxy = proxy;
    this.closers.push(() => proxy.close());
    const databaseUrl = new URL(this.slot.urlOf(databaseName));
    databaseUrl.port = String(proxy.port);
    this.runningStack = await startLocalStack({
      stateDir: path.join(this.slot.dir, `run-${this.plan.seed}`),
      databaseUrl: databaseUrl.href,
      assemblyDir,
      ...this.pace,
      maxConcurrency: 3,
      graceMs: 0,
      intercept: this.intercept(),
      interpose: (service, url) => this.interpose(service, url, current),
    });
    this.runningStack.logs.onLine((line, name) => name === 'Normalize' && this.normalizeLog.push(line));
    const client = await this.connect();
    await installAudit(client);
    await client.end();
    this.subscription = await Announcements.subscribe(this.runningStack, this.queueServerUrl);
    this.closers.push(() => this.subscription?.close());
    await this.warmUp();
    inject = injector({ armed: this.armed, killWorkerOnPort: (port) => this.killWorkerOnPort(port) });
  }

  /** Stops all fault injection: from here on the system recovers by itself. */
  calm(): void {
    this.isCalm = true;
    this.armed.disarm();
    this.stack.s3.faults.clear();
  }

  /** A connection without faults. */
  async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.slot.urlOf(`run_${this.plan.seed}`) });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** A client of the bucket, through the proxy. */
  s3Client(): S3Client {
    const { region, credentials } = this.stack.s3;
    return new S3Client({
      endpoint: this.s3Proxy?.url ?? '',
      region,
      credentials,
      forcePathStyle: true,
      maxAttempts: 8,
    });
  }

  cutConnections(): void {
    this.postgresProxy?.cutAll();
  }

  restartPostgres(): Promise<void> {
    return this.slot.restart();
  }

  /** All workers, with the name of their function. */
  workers(): (Worker & { readonly functionName: string })[] {
    return this.stack.description.functions.flatMap(({ name }) =>
      this.stack.functions.get(name).workers.map((worker) => {
        if (worker.pid) this.seenPids.add(worker.pid);
        return { pid: worker.pid, isBusy: worker.isBusy, kill: () => worker.kill(), functionName: name };
      }),
    );
  }

  async stop(): Promise<void> {
    if (this.runningStack) {
      this.workers();
      await this.runningStack.stop();
    }
    for (const close of this.closers.reverse()) await close();
  }

  private intercept(): Intercept {
    return {
      s3Event: () =>
        this.isCalm ? [0] : this.deliver(this.plan.eventDeliveries[this.eventCount++], this.events),
      sqsMessage: async (message, queueArn) => {
        if (this.isCalm) return [0];
        const delivery = this.plan.messageDeliveries[this.messageCount++];
        if (delivery === 'swallowed') await this.stack.queues.delete(queueArn, [message]);
        return this.deliver(delivery, this.messages);
      },
    };
  }

  private deliver(delivery: Delivery = [0], counts: DeliveryCounts): readonly number[] {
    if (delivery === 'swallowed') counts.swallowed++;
    else if (delivery.length === 0) counts.lost++;
    else if (delivery.length > 1) counts.doubled++;
    else if (delivery[0] !== 0) counts.delayed++;
    return delivery === 'swallowed' ? [] : delivery;
  }

  /** Starts a worker of each function that moves files, so that faults do not hit processes that are still starting. */
  private async warmUp(): Promise<void> {
    const nothing = { Records: [] };
    const { stack } = this;
    await Promise.all([
      ...[stack.invoke('Register', nothing), stack.invoke('Register', nothing)],
      ...[stack.invoke('Normalize', nothing), stack.invoke('Normalize', nothing)],
      ...[stack.invoke('Sweep', {}), fetch(`${stack.apiUrl}/api/admin/smt/raw-upload`, { method: 'POST' })],
    ]);
  }

  private async interpose(service: 's3' | 'queues', target: string, inject: Inject): Promise<string> {
    const isS3 = service === 's3';
    const stepOf = isS3 ? s3StepOf : queueStepOf;
    const proxy = await startHttpProxy({ target, buffersBodies: !isS3, stepOf, inject });
    this.closers.push(() => proxy.close());
    if (isS3) this.s3Proxy = proxy;
    else this.queueServerUrl = target;
    return proxy.url;
  }

  private async killWorkerOnPort(port: number): Promise<boolean> {
    const workers = this.workers().filter(({ isBusy }) => isBusy);
    const pid = await processOfPort(
      port,
      workers.flatMap((worker) => worker.pid ?? []),
    );
    const worker = workers.find((each) => each.pid === pid);
    await worker?.kill();
    return worker !== undefined;
  }
}
