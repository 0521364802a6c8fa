import { CfnOutput, Duration, Size, Stack, Validations } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  EventType,
  HttpMethods,
  type LifecycleRule,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { LambdaDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { Construct } from 'constructs';
import {
  checkpointKey,
  replayedKey,
  reservedPrefix,
  uploadPrefix,
} from '../../shared/raw-files/object-key.ts';
import type { Settings } from '../config/settings.ts';
import type { IngestFunction } from './ingest-function.ts';
import type { RegisterFailureQueue } from './register-failure-queue.ts';
import { removalPolicyOf } from './removal-policy.ts';

/** Glacier Instant Retrieval charges for 128 KiB at least, and S3 moves no smaller object there. */
const smallestColdObject = Size.kibibytes(128);

/** The bucket of raw files. Every object version is a raw file and perhaps its only copy, so versions are kept. */
export class RawBucket extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      versioned: true,
      enforceSSL: true,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      removalPolicy: removalPolicyOf(settings), // no policy deletes a bucket that has objects
      lifecycleRules: lifecycleRules(settings),
    });
    new CfnOutput(this, 'Name', { value: this.bucket.bucketName, description: 'Drop files here' });
    Validations.of(this.bucket).acknowledge(
      {
        id: 'AwsSolutions::AwsSolutions-S1',
        reason:
          'Each object version is a row in raw_files with its source and times, and only functions read. For an ' +
          'access log, turn on CloudTrail data events for this bucket (infra/DEPLOY.md).',
      },
      {
        id: 'CloudFormation-Validate::W9003',
        reason: 'CDK writes ObjectSizeGreaterThan as a number, which CloudFormation coerces to its text.',
      },
    );
  }

  /** Lets a function presign uploads: a presigned URL can do no more than its signer, so it may put raw files and no more. */
  grantUpload(fn: IngestFunction): void {
    this.connect(fn);
    this.grantPut(fn, `${uploadPrefix}*`);
    fn.explainWildcard(
      this.resourceOf(`${uploadPrefix}*`),
      'The names of uploads cannot be known beforehand.',
    );
  }

  /** Lets a function record, for the sweep, that it replayed files. */
  grantReplayMarker(fn: IngestFunction): void {
    this.connect(fn);
    this.grantPut(fn, replayedKey);
  }

  /**
   * Lets a function read every version of every object. The two rights to list are for objects that were deleted: S3 returns
   * 403 in place of 404 to a caller that may not list, and does not document which of the two counts for a version.
   */
  grantRead(fn: IngestFunction): void {
    this.connect(fn);
    this.grantDownload(fn);
    fn.allow(['s3:ListBucket', 's3:ListBucketVersions'], [this.bucket.bucketArn]);
  }

  /** Lets a function see when the sweep last completed a run; with the right to list, S3 returns 404 before the first one. */
  grantSweepTime(fn: IngestFunction): void {
    this.connect(fn);
    fn.allow(['s3:GetObject'], [this.bucket.arnForObjects(checkpointKey)]);
    fn.allow(['s3:ListBucket'], [this.bucket.bucketArn]);
  }

  /** Lets a function delete object versions permanently. */
  grantDeleteVersions(fn: IngestFunction): void {
    this.connect(fn);
    fn.allow(['s3:DeleteObjectVersion'], [this.bucket.arnForObjects('*')]);
    fn.explainWildcard(this.resourceOf('*'), 'It deletes objects that contain only an erased ESIID.');
  }

  /** Lets a function presign downloads of every version of every object. */
  grantDownload(fn: IngestFunction): void {
    fn.allow(['s3:GetObjectVersion'], [this.bucket.arnForObjects('*')]);
    fn.explainWildcard(this.resourceOf('*'), 'It reads every file of this bucket, and no other bucket.');
  }

  /** Lets a function compare the bucket with the database, and keep its checkpoint below the reserved prefix. */
  grantSweep(fn: IngestFunction): void {
    this.grantRead(fn);
    this.grantPut(fn, `${reservedPrefix}*`);
    fn.allow(['s3:GetObject'], [this.bucket.arnForObjects(`${reservedPrefix}*`)]);
    fn.explainWildcard(
      this.resourceOf(`${reservedPrefix}*`),
      'Its checkpoint; no raw file is below that prefix.',
    );
  }

  /** Gives a function the name of the bucket, and grants nothing. */
  connect(fn: IngestFunction): void {
    fn.setEnvironment('rawBucket', this.bucket.bucketName);
  }

  /** Lets pages of an origin use presigned uploads, with exactly the headers that these require. */
  allowUploadsFrom(origin: string): void {
    this.bucket.addCorsRule({
      allowedOrigins: [origin],
      allowedMethods: [HttpMethods.PUT],
      allowedHeaders: ['content-type', 'x-amz-checksum-sha256', 'if-none-match'],
      maxAge: Duration.hours(1).toSeconds(),
    });
  }

  /**
   * Invokes a function for each new object version. An event that it fails to handle three times goes to the failure queue. The
   * sweep's own objects invoke it as well: S3 filters by prefixes to include, not to exclude, and 9,000 invocations a month of
   * a few milliseconds cost less than a separate bucket would add in complexity.
   */
  notify(fn: IngestFunction, failures: RegisterFailureQueue): void {
    fn.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: failures.destinationFor(fn),
    });
    this.bucket.addEventNotification(EventType.OBJECT_CREATED, new LambdaDestination(fn));
    Validations.of(Stack.of(this)).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      reason:
        "The role of CDK's own function that configures the bucket's notifications; ours use no managed policy.",
    });
  }

  private grantPut(fn: IngestFunction, pattern: string): void {
    fn.allow(['s3:PutObject'], [this.bucket.arnForObjects(pattern)]);
  }

  /** Objects as the policy checks name them. */
  private resourceOf(pattern: string): string {
    const logicalId = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket);
    return `<${logicalId}.Arn>/${pattern}`;
  }
}

function lifecycleRules({ rawFiles }: Settings): LifecycleRule[] {
  const { coldAfterDays, expireAfterDays } = rawFiles;
  const cold = {
    storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL,
    transitionAfter: Duration.days(coldAfterDays),
  };
  return [
    { abortIncompleteMultipartUploadAfter: Duration.days(7) },
    {
      objectSizeGreaterThan: smallestColdObject.toBytes() - 1,
      transitions: [cold],
      noncurrentVersionTransitions: [cold],
    },
    ...(expireAfterDays === null ? [] : [expireAfter(Duration.days(expireAfterDays))]),
    // The sweep rewrites its checkpoint at each run; earlier versions are of no use.
    { prefix: reservedPrefix, noncurrentVersionExpiration: Duration.days(1) },
  ];
}

/** A version that was overwritten is a raw file too, so it is kept as long from then on. */
function expireAfter(after: Duration): LifecycleRule {
  return { expiration: after, noncurrentVersionExpiration: after };
}
