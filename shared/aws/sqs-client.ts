import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';

/**
 * SQS at the endpoint that the environment calls for. Left to itself the SDK asks the host in a queue's URL, which
 * answers over IPv4 only, where functions in our network have no way to.
 */
export function sqsClient(config: SQSClientConfig = {}): SQSClient {
  return new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
}
