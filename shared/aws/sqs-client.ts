import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';

/**
 * SQS at the endpoint that the environment calls for. By default the SDK uses the host in a queue's URL, which
 * is IPv4 only, and functions in our network have no IPv4 route.
 */
export function sqsClient(config: SQSClientConfig = {}): SQSClient {
  return new SQSClient({ ...config, useQueueUrlAsEndpoint: false });
}
