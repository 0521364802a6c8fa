import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { AdminToken } from './constructs/admin-token.ts';
import { ExistingDatabase } from './constructs/existing-database.ts';
import { IngestApi } from './constructs/ingest-api.ts';
import { IngestFunction } from './constructs/ingest-function.ts';
import { NormalizeQueue } from './constructs/normalize-queue.ts';
import { RawBucket } from './constructs/raw-bucket.ts';
import { RegisterFailureQueue } from './constructs/register-failure-queue.ts';

/**
 * The way of a file, as in the README's picture:
 * raw-upload presigns → the bucket receives → register → normalize queue → normalize → Postgres.
 */
export class SmtIngestStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);

    const rawFiles = new RawBucket(this, 'RawFiles');
    const toNormalize = new NormalizeQueue(this, 'ToNormalize', { consumerTimeout: Duration.minutes(15) });
    const registerFailures = new RegisterFailureQueue(this, 'RegisterFailures');
    const adminToken = new AdminToken(this, 'AdminToken');
    const database = new ExistingDatabase(this, 'Database');
    const api = new IngestApi(this, 'Api');

    const migrate = new IngestFunction(this, 'Migrate', { entry: 'migrate', timeout: Duration.minutes(5) });
    database.migratedBy(migrate);

    const health = new IngestFunction(this, 'Health', { entry: 'health' });
    api.route('GET /health', health);

    const rawUpload = new IngestFunction(this, 'RawUpload', { entry: 'raw-upload' });
    adminToken.guards(rawUpload);
    database.usedBy(rawUpload);
    rawFiles.presignedBy(rawUpload);
    api.route('POST /api/admin/smt/raw-upload', rawUpload);

    const register = new IngestFunction(this, 'Register', {
      entry: 'register',
      memorySizeMb: 512,
      timeout: Duration.minutes(15),
    });
    database.usedBy(register);
    rawFiles.readBy(register);
    rawFiles.announcesTo(register, registerFailures);
    toNormalize.sentBy(register);

    const normalize = new IngestFunction(this, 'Normalize', {
      entry: 'normalize',
      memorySizeMb: 1769, // one full vCPU: parsing is one thread
      timeout: toNormalize.consumerTimeout,
    });
    database.usedBy(normalize);
    rawFiles.readBy(normalize);
    toNormalize.consumedBy(normalize);
  }
}
