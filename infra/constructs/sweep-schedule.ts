import { Duration, Stack, Validations } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type { IngestFunction } from './ingest-function.ts';

const interval = Duration.minutes(5);
/** Past S3's usual delay and register's three tries with their waits in between. */
const grace = Duration.minutes(10);
/** Past the longest delay that normalize asks for between two tries, and its worker's timeout. */
const waiting = Duration.minutes(40);

/**
 * Runs the sweep. With up to 20,000 object versions in the bucket, a lost event is found within grace and two intervals;
 * each further 20,000 add an interval.
 */
export class SweepSchedule extends Construct {
  constructor(scope: Construct, id: string, fn: IngestFunction) {
    super(scope, id);
    fn.setEnvironment('sweepGraceSeconds', String(grace.toSeconds()));
    fn.setEnvironment('sweepWaitingSeconds', String(waiting.toSeconds()));
    // Scheduler hands a run over to Lambda, which would try one that fails twice more, beside the next.
    fn.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: interval });
    Validations.of(fn).acknowledge({
      id: 'Serverless::Serverless-LambdaAsyncFailureDestination',
      reason:
        'A run that failed leaves nothing to keep: the next does all of its work, and alarms say if none does.',
    });
    new Schedule(this, 'Schedule', {
      schedule: ScheduleExpression.rate(interval),
      // Of the handing over; the default goes on for a day.
      target: new LambdaInvoke(fn, { retryAttempts: 0, maxEventAge: interval }),
    });
    const stack = Stack.of(this);
    Validations.of(stack).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${stack.getLogicalId(fn.node.defaultChild as CfnFunction)}.Arn>:*]`,
      reason: 'The scheduler may invoke any version of this one function.',
    });
  }
}
