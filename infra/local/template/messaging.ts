import { functionIdOf, identityOf, type ReadContext, resourcesOf } from './context.ts';
import type {
  BucketDescription,
  NotificationDescription,
  QueueDescription,
  SecretDescription,
  SubscriptionDescription,
  TopicDescription,
} from './description.ts';
import type { Properties } from './properties.ts';

export function readQueues(context: ReadContext): readonly QueueDescription[] {
  return resourcesOf(context, 'AWS::SQS::Queue').map((queue) => {
    const { properties } = queue;
    const identity = identityOf(context, queue);
    const redrive = properties.value<{ deadLetterTargetArn: string; maxReceiveCount: number }>(
      'RedrivePolicy',
    );
    properties.ignore(
      ...['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'MessageRetentionPeriod', 'QueueName'],
      ...['ReceiveMessageWaitTimeSeconds', 'RedriveAllowPolicy', 'SqsManagedSseEnabled'],
    );
    const description: QueueDescription = {
      logicalId: queue.logicalId,
      name: identity.attribute('QueueName'),
      arn: identity.attribute('Arn'),
      url: identity.ref,
      visibilityTimeoutMs: properties.number('VisibilityTimeout', 30) * 1000 * context.timeScale,
      delayMs: properties.number('DelaySeconds', 0) * 1000 * context.timeScale,
      redrive: redrive && {
        deadLetterArn: redrive.deadLetterTargetArn,
        maxReceiveCount: Number(redrive.maxReceiveCount),
      },
    };
    properties.done();
    return description;
  });
}

export function readTopics(context: ReadContext): readonly TopicDescription[] {
  return resourcesOf(context, 'AWS::SNS::Topic').map((topic) => {
    const { properties, logicalId } = topic;
    const identity = identityOf(context, topic);
    properties.ignore('DisplayName', 'KmsMasterKeyId', 'TopicName', 'TracingConfig');
    properties.done();
    return { logicalId, name: identity.attribute('TopicName'), arn: identity.ref };
  });
}

/** Subscriptions of queues. Those of people (mail, text messages) are ignored here. */
export function readSubscriptions(context: ReadContext): readonly SubscriptionDescription[] {
  return resourcesOf(context, 'AWS::SNS::Subscription').flatMap(({ properties }) => {
    const protocol = properties.text('Protocol');
    if (/^(email|email-json|sms)$/.test(protocol)) return [];
    if (protocol !== 'sqs') properties.fail(`the local run cannot deliver to ${protocol}`);
    const raw = properties.value<boolean>('RawMessageDelivery');
    const filter = properties.value<object>('FilterPolicy');
    const scope = properties.value<string>('FilterPolicyScope');
    const description: SubscriptionDescription = {
      topicArn: properties.text('TopicArn'),
      queueArn: properties.text('Endpoint'),
      attributes: {
        ...(raw === undefined ? {} : { RawMessageDelivery: String(raw) }),
        ...(filter === undefined ? {} : { FilterPolicy: JSON.stringify(filter) }),
        ...(scope === undefined ? {} : { FilterPolicyScope: scope }),
      },
    };
    properties.done();
    return [description];
  });
}

export function readBuckets(context: ReadContext): readonly BucketDescription[] {
  return resourcesOf(context, 'AWS::S3::Bucket').map((bucket) => {
    const { properties, logicalId } = bucket;
    const isVersioned = properties.value<{ Status: string }>('VersioningConfiguration')?.Status === 'Enabled';
    if (!isVersioned) properties.fail('the local S3 keeps every version; the bucket has to be versioned');
    properties.ignore(
      ...['AccessControl', 'BucketEncryption', 'BucketName', 'CorsConfiguration', 'LifecycleConfiguration'],
      ...[
        'LoggingConfiguration',
        'MetricsConfigurations',
        'OwnershipControls',
        'PublicAccessBlockConfiguration',
      ],
    );
    properties.done();
    return { logicalId, name: identityOf(context, bucket).ref };
  });
}

interface LambdaNotification {
  readonly Events: readonly string[];
  readonly LambdaFunctionArn: string;
  readonly Filter?: { readonly Key: { readonly FilterRules: readonly { Name: string; Value: string }[] } };
}

export function readNotifications(context: ReadContext): readonly NotificationDescription[] {
  return resourcesOf(context, 'Custom::S3BucketNotifications').flatMap(({ properties }) => {
    const bucketName = properties.text('BucketName');
    const configuration = properties.object('NotificationConfiguration');
    const toFunctions = configuration.list<LambdaNotification>('LambdaFunctionConfigurations');
    configuration.done();
    properties.ignore('Managed', 'SkipDestinationValidation');
    properties.done();
    return toFunctions.map((notification) => {
      const rules = notification.Filter?.Key.FilterRules ?? [];
      const rule = (name: string) => rules.find(({ Name }) => Name.toLowerCase() === name)?.Value ?? '';
      return {
        bucketName,
        events: notification.Events,
        prefix: rule('prefix'),
        suffix: rule('suffix'),
        functionId: functionIdOf(context, notification.LambdaFunctionArn, properties.where),
      };
    });
  });
}

export function readSecrets(context: ReadContext): readonly SecretDescription[] {
  return resourcesOf(context, 'AWS::SecretsManager::Secret').map((secret) => {
    const { properties, logicalId } = secret;
    properties.ignore('KmsKeyId', 'Name');
    const text = properties.value<string>('SecretString');
    const generate = properties.object('GenerateSecretString');
    const value = text === undefined ? { generate: readGenerate(generate) } : { text };
    properties.done();
    return { logicalId, arn: identityOf(context, secret).ref, value };
  });
}

function readGenerate(properties: Properties) {
  const generate = {
    length: properties.number('PasswordLength', 32),
    excludePunctuation: properties.value<boolean>('ExcludePunctuation') ?? false,
    excludeCharacters: properties.value<string>('ExcludeCharacters') ?? '',
  };
  properties.done();
  return generate;
}
