import { CfnOutput, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
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
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { replayedKey, reservedPrefix, uploadPrefix } from '../../shared/raw-files/object-key.ts';
import type { Settings } from '../config/settings.ts';
import type { IngestFunction } from './ingest-function.ts';

/** A version that an overwrite has put aside is a raw file too, so it is kept as long from then on. */
function expiry(after: Duration): LifecycleRule {
  return { expiration: after, noncurrentVersionExpiration: after };
}

/** The bucket of raw files. Every object version is a raw file and maybe its only copy, so versions are kept. */
export class RawBucket extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { rawFiles, retainData }: Settings) {
    super(scope, id);
    const { coldAfterDays, expireAfterDays } = rawFiles;
    const cold = {
      storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL,
      transitionAfter: Duration.days(coldAfterDays),
    };
    this.bucket = new Bucket(this, 'Bucket', {
      versioned: true,
      enforceSSL: true,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // CloudFormation leaves a bucket that is not empty alone even where it may delete it.
      removalPolicy: retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      lifecycleRules: [
        {
          abortIncompleteMultipartUploadAfter: Duration.days(7),
          transitions: [cold],
          noncurrentVersionTransitions: [cold],
        },
        ...(expireAfterDays === null ? [] : [expiry(Duration.days(expireAfterDays))]),
        // The sweep's notes are rewritten at each run; what they said before is of no use.
        { prefix: reservedPrefix, noncurrentVersionExpiration: Duration.days(1) },
      ],
    });
    new CfnOutput(this, 'Name', { value: this.bucket.bucketName, description: 'Drop files here' });
    Validations.of(this.bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'Each object version is a row in raw_smt_files with its source and times, and only functions read. Who needs ' +
        'to know who read what turns on CloudTrail data events for this bucket (infra/DEPLOY.md).',
    });
  }

  /** Lets a function sign uploads: a presigned URL can do no more than its signer, so put only, below its prefix. */
  presignedBy(fn: IngestFunction): void {
    fn.setEnvironment('rawBucket', this.bucket.bucketName);
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(`${uploadPrefix}*`)],
      }),
    );
    fn.explainWildcard(this.objects(`${uploadPrefix}*`), 'It signs uploads of files it cannot know before.');
  }

  /** Lets a function leave word for the sweep that it replayed files, and touch nothing else. */
  replaysNotedBy(fn: IngestFunction): void {
    this.namedTo(fn);
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(replayedKey)],
      }),
    );
  }

  /** Tells a function the bucket's name, and allows it nothing. */
  namedTo(fn: IngestFunction): void {
    fn.setEnvironment('rawBucket', this.bucket.bucketName);
  }

  /** Lets pages of an origin use presigned uploads, with exactly the headers these need. */
  uploadedToFrom(origin: string): void {
    this.bucket.addCorsRule({
      allowedOrigins: [origin],
      allowedMethods: [HttpMethods.PUT],
      allowedHeaders: ['content-type', 'x-amz-checksum-sha256', 'if-none-match'],
      maxAge: Duration.hours(1).toSeconds(),
    });
  }

  /**
   * Lets a function read every version of every object. It may list them too: to one who may not, S3 calls an object that is
   * gone forbidden, and says nowhere whether for a version that takes the right to list objects or that to list versions.
   */
  readBy(fn: IngestFunction): void {
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:GetObjectVersion'],
        resources: [this.bucket.arnForObjects('*')],
      }),
    );
    fn.explainWildcard(
      this.objects('*'),
      'It reads whatever file is put into this bucket, and no other bucket.',
    );
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:ListBucket', 's3:ListBucketVersions'],
        resources: [this.bucket.bucketArn],
      }),
    );
  }

  /** Lets a function compare the bucket with the database, and keep notes below the reserved prefix. */
  sweptBy(fn: IngestFunction): void {
    fn.setEnvironment('rawBucket', this.bucket.bucketName);
    this.readBy(fn);
    fn.addToRolePolicy(
      new PolicyStatement({
        actions: ['s3:PutObject'],
        resources: [this.bucket.arnForObjects(`${reservedPrefix}*`)],
      }),
    );
    fn.explainWildcard(this.objects(`${reservedPrefix}*`), 'Its notes; no raw file is below that prefix.');
  }

  /** Invokes a function for each new object version; an event it fails for good goes to the failure queue. */
  announcesTo(fn: IngestFunction, failures: IQueue): void {
    fn.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: new SqsDestination(failures),
    });
    this.bucket.addEventNotification(EventType.OBJECT_CREATED, new LambdaDestination(fn));
    Validations.of(Stack.of(this)).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      reason:
        "The role of CDK's own function that sets the notifications of the bucket at deployment; ours have none.",
    });
  }

  /** Objects as the judges name them. */
  private objects(pattern: string): string {
    const logicalId = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnBucket);
    return `<${logicalId}.Arn>/${pattern}`;
  }
}
