import type { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/**
 * The number of messages in a dead-letter queue. The sweep receives them at each run and so hides them most of the time, and SQS
 * counts hidden messages separately: the greater of the two numbers is right, their sum would count some messages twice.
 * @param id distinguishes the metrics of several queues in one graph
 */
export function deadLetterCount(queue: IQueue, id: string, label: string, period: Duration): MathExpression {
  const options = { statistic: 'Maximum', period };
  return new MathExpression({
    // SQS reports nothing, rather than zero, for a queue that has been empty for long.
    expression: `MAX([FILL(${id}Visible, 0), FILL(${id}Hidden, 0)])`,
    usingMetrics: {
      [`${id}Visible`]: queue.metricApproximateNumberOfMessagesVisible(options),
      [`${id}Hidden`]: queue.metricApproximateNumberOfMessagesNotVisible(options),
    },
    period,
    label,
  });
}
