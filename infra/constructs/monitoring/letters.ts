import type { Duration } from 'aws-cdk-lib';
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';

/**
 * How many letters are in a queue of failures. The sweep takes them at each run and so hides them for most of the time, and
 * SQS counts what is hidden apart: the greater of the two numbers is how many there are, their sum would count some twice.
 * @param id tells the parts apart from those of another queue in the same graph
 */
export function lettersIn(queue: IQueue, id: string, label: string, period: Duration): MathExpression {
  const options = { statistic: 'Maximum', period };
  return new MathExpression({
    // Of what there is none, SQS may report nothing, and not zero.
    expression: `MAX([FILL(${id}Visible, 0), FILL(${id}Hidden, 0)])`,
    usingMetrics: {
      [`${id}Visible`]: queue.metricApproximateNumberOfMessagesVisible(options),
      [`${id}Hidden`]: queue.metricApproximateNumberOfMessagesNotVisible(options),
    },
    period,
    label,
  });
}
