/**
 * List prices in USD, us-east-1, 2026; no free tier, no savings plan. Lambda, SQS, HTTP API, Aurora and the gateways as
 * AWS lists them; S3, SNS, CloudWatch and Secrets Manager from memory, so check them before you budget.
 */
export const prices = {
  lambdaGbSecond: 0.0000133334, // arm64
  lambdaRequest: 0.2 / 1e6,
  httpApiRequest: 1 / 1e6,
  sqsRequest: 0.4 / 1e6,
  snsPublish: 0.5 / 1e6,
  s3Put: 0.005 / 1e3,
  s3Get: 0.0004 / 1e3,
  s3List: 0.005 / 1e3,
  s3GbMonth: 0.023,
  auroraAcuHour: 0.12,
  auroraGbMonth: 0.1,
  auroraIo: 0.2 / 1e6,
  logsGb: 0.5,
  metricMonth: 0.3,
  alarmMonth: 0.1,
  compositeAlarmMonth: 0.5,
  dashboardMonth: 3,
  secretMonth: 0.4,
} as const;
