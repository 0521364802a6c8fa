/** List prices in USD, us-east-1, as of October 2026; no free tier, no savings plan. S3's from memory. */
export const prices = {
  lambdaGbSecond: 0.0000133334, // arm64
  lambdaRequest: 0.2 / 1e6,
  httpApiRequest: 1.0 / 1e6,
  sqsRequest: 0.4 / 1e6,
  snsPublish: 0.5 / 1e6,
  s3Put: 0.005 / 1e3,
  s3Get: 0.0004 / 1e3,
  s3List: 0.005 / 1e3,
  s3StandardGbMonth: 0.023,
  auroraAcuHour: 0.12,
  auroraGibMonth: 0.1,
  auroraIo: 0.2 / 1e6,
  logsIngestGb: 0.5,
  metricMonth: 0.3,
  alarmMetricMonth: 0.1,
  compositeAlarmMonth: 0.5,
  dashboardMonth: 3.0,
  secretMonth: 0.4,
} as const;
