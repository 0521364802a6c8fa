import { CfnOutput, Stack, Validations } from 'aws-cdk-lib';
import { Alarm, AlarmRule, ComparisonOperator, CompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { Settings } from '../../config/settings.ts';
import type { AlarmDefinition } from './alarm-definition.ts';

const operators = {
  'at-or-above': ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
} as const satisfies Record<AlarmDefinition['goesOff'], ComparisonOperator>;

/** The alarms, one topic for all of them, and a composite alarm over those that mean that ingest is unhealthy. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  readonly unhealthy: CompositeAlarm;

  constructor(scope: Construct, id: string, definitions: readonly AlarmDefinition[], settings: Settings) {
    super(scope, id);
    const topic = this.createTopic(settings.alarmEmail);
    const { runbookUrl } = settings;
    const alarms = definitions.map((definition) => {
      const name = [definition.anchor, ...(definition.of ? [definition.of] : [])].join('-');
      const alarm = new Alarm(this, constructIdOf(name), {
        alarmName: `${Stack.of(this).stackName}-${name}`,
        alarmDescription: `${definition.meaning} ${runbookUrl}#${definition.anchor}`,
        metric: definition.metric,
        threshold: definition.threshold,
        comparisonOperator: operators[definition.goesOff],
        evaluationPeriods: definition.periods,
        ...(definition.breaching === undefined ? {} : { datapointsToAlarm: definition.breaching }),
        treatMissingData: definition.missing,
      });
      alarm.addAlarmAction(new SnsAction(topic));
      alarm.addOkAction(new SnsAction(topic));
      return { alarm, isIngestUnhealthy: definition.isIngestUnhealthy };
    });
    this.all = alarms.map(({ alarm }) => alarm);
    const causes = alarms.filter(({ isIngestUnhealthy }) => isIngestUnhealthy).map(({ alarm }) => alarm);
    this.unhealthy = new CompositeAlarm(this, 'IngestUnhealthy', {
      compositeAlarmName: `${Stack.of(this).stackName}-ingest-unhealthy`,
      alarmDescription: `Ingest does not work; the child alarms show why. ${runbookUrl}#ingest-unhealthy`,
      alarmRule: AlarmRule.anyOf(...causes),
    });
    this.unhealthy.addAlarmAction(new SnsAction(topic));
  }

  private createTopic(email: string | null): Topic {
    const topic = new Topic(this, 'Topic', { displayName: 'smt-ingest alarms', enforceSSL: true });
    // enforceSSL gives the topic a policy, which replaces the default one that lets CloudWatch publish.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    if (email !== null) {
      const subscription = topic.addSubscription(new EmailSubscription(email));
      Validations.of(subscription).acknowledge({
        id: 'Serverless::Serverless-SNSRedrivePolicy',
        reason:
          'A mail that cannot be delivered is of no use in a queue; the alarm also shows on the dashboard.',
      });
    }
    new CfnOutput(this, 'TopicArn', { value: topic.topicArn, description: 'Subscribe to the alarms here' });
    return topic;
  }
}

/** `dead-letters` → `DeadLetters` */
function constructIdOf(name: string): string {
  return name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
