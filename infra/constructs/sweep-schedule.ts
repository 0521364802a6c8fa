import { CfnOutput, Duration, Stack, Validations } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { eventGraceMs } from '../../shared/sweep/event-grace.ts';
import type { IngestFunction } from './ingest-function.ts';

const interval = Duration.minutes(5);
const grace = Duration.millis(eventGraceMs);
/** Longer than the longest delay that normalize asks for between two attempts, plus its timeout. */
const waiting = Duration.minutes(40);

/**
 * Runs the sweep. A lost event is found within the grace period and two intervals, while there are no more than 200,000 uploads
 * of the last seven hours, and for other keys no more than 20,000 versions; more take longer (README.md, Promises).
 */
export class SweepSchedule extends Construct {
  constructor(scope: Construct, id: string, fn: IngestFunction) {
    super(scope, id);
    fn.setEnvironment('sweepGraceSeconds', String(grace.toSeconds()));
    fn.setEnvironment('sweepWaitingSeconds', String(waiting.toSeconds()));
    // Scheduler invokes asynchronously; by default Lambda would retry a failed run twice, alongside the next.
    fn.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: interval });
    Validations.of(fn).acknowledge({
      id: 'Serverless::Serverless-LambdaAsyncFailureDestination',
      reason:
        'A failed run leaves nothing to keep: the next one does all of its work, and an alarm goes off when none does.',
    });
    const schedule = new Schedule(this, 'Schedule', {
      schedule: ScheduleExpression.rate(interval),
      // Retries of the invocation itself; by default they go on for a day.
      target: new LambdaInvoke(fn, { retryAttempts: 0, maxEventAge: interval }),
    });
    new CfnOutput(this, 'Name', { value: schedule.scheduleName, description: 'Schedule of the sweep' });
    const stack = Stack.of(this);
    Validations.of(stack).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${stack.getLogicalId(fn.node.defaultChild as CfnFunction)}.Arn>:*]`,
      reason: 'The scheduler may invoke any version of this one function.',
    });
  }
}
