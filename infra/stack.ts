import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { eraseRoutes } from '../functions/erase/routes.ts';
import { healthRoutes } from '../functions/health/routes.ts';
import { openApiRoutes } from '../functions/openapi/routes.ts';
import { rawFileRoutes } from '../functions/raw-files/routes.ts';
import { rawUploadRoutes } from '../functions/raw-upload/routes.ts';
import { replayRoutes } from '../functions/replay/routes.ts';
import { usageRoutes } from '../functions/usage/routes.ts';
import { withdrawRoutes } from '../functions/withdraw/routes.ts';
import type { Settings } from './config/settings.ts';
import { AdminToken } from './constructs/admin-token.ts';
import { Announcements } from './constructs/announcements.ts';
import { AuroraDatabase } from './constructs/aurora-database.ts';
import { ExistingDatabase } from './constructs/existing-database.ts';
import { IngestApi } from './constructs/ingest-api.ts';
import type { IngestDatabase } from './constructs/ingest-database.ts';
import { IngestFunction } from './constructs/ingest-function.ts';
import { Monitoring } from './constructs/monitoring/monitoring.ts';
import { NormalizeQueue } from './constructs/normalize-queue.ts';
import { PagesFunction, pagePaths } from './constructs/pages-function.ts';
import { PgpKeys } from './constructs/pgp-keys.ts';
import { RawBucket } from './constructs/raw-bucket.ts';
import { ReaderTokens } from './constructs/reader-tokens.ts';
import { RegisterFailureQueue } from './constructs/register-failure-queue.ts';
import { SweepSchedule } from './constructs/sweep-schedule.ts';

export interface SmtIngestStackProps extends StackProps {
  readonly settings: Settings;
}

/**
 * The life cycle of a file, as in the README's picture:
 * raw-upload presigns → the bucket receives → register → normalize queue → normalize → Postgres. The sweep finds whatever was
 * lost in between. The routes serve people and other programs.
 */
export class SmtIngestStack extends Stack {
  readonly settings: Settings;
  private readonly rawFiles: RawBucket;
  private readonly toNormalize: NormalizeQueue;
  private readonly registerFailures: RegisterFailureQueue;
  private readonly announcements: Announcements;
  private readonly adminToken: AdminToken;
  private readonly readerTokens: ReaderTokens;
  private readonly pgpKeys: PgpKeys;
  private readonly database: IngestDatabase;
  private readonly api: IngestApi;

  constructor(scope: Construct, id: string, { settings, ...props }: SmtIngestStackProps) {
    super(scope, id, props);
    this.settings = settings;
    this.rawFiles = new RawBucket(this, 'RawFiles', settings);
    this.toNormalize = new NormalizeQueue(this, 'ToNormalize', {
      consumerTimeout: Duration.minutes(15),
      maxConcurrency: settings.normalizeConcurrency,
    });
    this.registerFailures = new RegisterFailureQueue(this, 'RegisterFailures');
    this.announcements = new Announcements(this, 'Announcements', settings);
    this.adminToken = new AdminToken(this, 'AdminToken', settings);
    this.readerTokens = new ReaderTokens(this, 'ReaderTokens', settings);
    this.pgpKeys = new PgpKeys(this, 'PgpKeys', settings);
    this.database =
      settings.database === 'aurora'
        ? new AuroraDatabase(this, 'Database', settings)
        : new ExistingDatabase(this, 'Database', settings);
    this.api = new IngestApi(this, 'Api', settings);

    const migrate = new IngestFunction(this, 'Migrate', { entry: 'migrate', timeout: Duration.minutes(5) });
    if (settings.distribution === 'citus')
      migrate.setEnvironment('databaseDistribution', settings.distribution);
    this.database.migrateWith(migrate);

    const workers = this.workers();
    const routes = this.routes();
    for (const fn of [migrate, ...workers]) {
      new CfnOutput(this, `${fn.node.id}Function`, { value: fn.functionName });
    }
    const { toNormalize, registerFailures, api, database } = this;
    new Monitoring(
      this,
      'Monitoring',
      { toNormalize, registerFailures, workers, routes, api, database },
      settings,
    );
  }

  /** The functions that process files; no client waits for their result. */
  private workers(): readonly IngestFunction[] {
    const { rawFiles, toNormalize, registerFailures, announcements, pgpKeys, database, settings } = this;

    const register = new IngestFunction(this, 'Register', {
      entry: 'register',
      memorySizeMb: 512,
      timeout: Duration.minutes(15),
      maxConcurrency: settings.registerConcurrency,
    });
    database.connect(register, 'writer');
    rawFiles.grantRead(register);
    rawFiles.notify(register, registerFailures);
    toNormalize.grantSend(register);

    const normalize = new IngestFunction(this, 'Normalize', {
      entry: 'normalize',
      memorySizeMb: 1769, // one full vCPU: parsing is one thread
      timeout: toNormalize.consumerTimeout,
    });
    database.connect(normalize, 'writer');
    rawFiles.grantRead(normalize);
    pgpKeys.grantRead(normalize);
    normalize.setEnvironment('archiveMaxUnpackedBytes', String(settings.archive.maxUnpackedGib * 1024 ** 3));
    normalize.setEnvironment('archiveMaxRatio', String(settings.archive.maxRatio));
    // Files are streamed, and V8's default collects the garbage late: peak memory for a 300 MB file is 254 MB with it and
    // 125 MB with this, in the same time.
    normalize.addEnvironment('NODE_OPTIONS', '--max-semi-space-size=4');
    // glibc's heap for each thread keeps what its thread freed: 19 MB of the peak for a file of 1 GB, which one heap for all saves.
    normalize.addEnvironment('MALLOC_ARENA_MAX', '1');
    toNormalize.addConsumer(normalize);
    announcements.grantPublish(normalize);

    const sweep = new IngestFunction(this, 'Sweep', {
      entry: 'sweep',
      memorySizeMb: 512,
      timeout: Duration.minutes(4),
    });
    database.connect(sweep, 'writer');
    rawFiles.grantSweep(sweep);
    toNormalize.grantSweep(sweep);
    registerFailures.grantSweep(sweep);
    announcements.grantPublish(sweep);
    expectDelivery(sweep, settings);
    new SweepSchedule(this, 'SweepSchedule', sweep);

    return [register, normalize, sweep];
  }

  /** The functions that serve requests. */
  private routes(): readonly IngestFunction[] {
    const { rawFiles, toNormalize, adminToken, readerTokens, database, api, settings } = this;

    const health = new IngestFunction(this, 'Health', { entry: 'health' });
    api.serve(healthRoutes, health);

    const rawUpload = new IngestFunction(this, 'RawUpload', { entry: 'raw-upload' });
    adminToken.grantRead(rawUpload);
    database.connect(rawUpload, 'writer');
    rawFiles.grantUpload(rawUpload);
    api.serve(rawUploadRoutes, rawUpload);

    const replay = new IngestFunction(this, 'Replay', { entry: 'replay' });
    adminToken.grantRead(replay);
    database.connect(replay, 'writer');
    rawFiles.grantReplayMarker(replay);
    toNormalize.grantSend(replay);
    api.serve(replayRoutes, replay);

    const withdraw = new IngestFunction(this, 'Withdraw', {
      entry: 'withdraw',
      timeout: Duration.minutes(15),
    });
    adminToken.grantRead(withdraw);
    database.connect(withdraw, 'owner');
    api.serve(withdrawRoutes, withdraw);

    const erase = new IngestFunction(this, 'Erase', { entry: 'erase', timeout: Duration.minutes(15) });
    adminToken.grantRead(erase);
    database.connect(erase, 'owner');
    rawFiles.grantDeleteVersions(erase);
    api.serve(eraseRoutes, erase);

    const rawFilesApi = new IngestFunction(this, 'RawFilesApi', { entry: 'raw-files' });
    adminToken.grantRead(rawFilesApi);
    database.connect(rawFilesApi, 'reader');
    rawFiles.grantDownload(rawFilesApi);
    rawFiles.grantSweepTime(rawFilesApi);
    expectDelivery(rawFilesApi, settings);
    api.serve(rawFileRoutes, rawFilesApi);

    const usage = new IngestFunction(this, 'Usage', { entry: 'usage', memorySizeMb: 1769 });
    adminToken.grantRead(usage);
    readerTokens.grantRead(usage);
    database.connect(usage, 'reader');
    api.serve(usageRoutes, usage);

    const openapi = new IngestFunction(this, 'OpenApi', { entry: 'openapi' });
    api.serve(openApiRoutes, openapi);

    const pages = new PagesFunction(this, 'Pages');
    rawFiles.connect(pages);
    rawFiles.allowUploadsFrom(api.origin);
    api.servePages(pagePaths, pages);

    return [health, rawUpload, replay, withdraw, erase, rawFilesApi, usage, openapi, pages];
  }
}

/** Tells a function what is expected of deliveries, if anything is. */
function expectDelivery(fn: IngestFunction, { delivery }: Settings): void {
  if (delivery !== null) fn.setEnvironment('expectedDelivery', JSON.stringify(delivery));
}
