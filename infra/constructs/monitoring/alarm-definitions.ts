import { Duration } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { ExpectedDelivery } from '../../../shared/status/expected-delivery.ts';
import type { Settings } from '../../config/settings.ts';
import type { AlarmDefinition } from './alarm-definition.ts';
import { deadLetterCount } from './dead-letter-count.ts';
import { ingestMetric, rejectedRowsPercent } from './ingest-metric.ts';
import type { MonitoredFunction, MonitoredParts } from './monitored-parts.ts';

const { BREACHING, NOT_BREACHING } = TreatMissingData;
const fiveMinutes = Duration.minutes(5);
/** Of the sweep's counts from the database: while that is idle, the sweep queries it, and reports them, only so often. */
const idlePeriod = Duration.hours(6);
/**
 * Three of the last four data points. With all four, one point at which SQS reported nothing, which the metric math counts as
 * zero, would keep the alarm in OK.
 */
const almostAlways = { periods: 4, breaching: 3 } as const;

/** Every alarm except those of the database. */
export function alarmDefinitions(parts: MonitoredParts, settings: Settings): readonly AlarmDefinition[] {
  return [
    ...lost(parts),
    ...notRunning(parts),
    ...(settings.delivery === null ? [] : notDelivered(settings.delivery)),
    ...forPeople(settings),
  ];
}

/** What the sweep repairs: it runs every five minutes, so a single data point may be something it is about to repair. */
function lost({ toNormalize, registerFailures }: MonitoredParts): AlarmDefinition[] {
  // A hidden message ages as well: a single worker that died is no backlog.
  const tooOld = toNormalize.visibilityTimeout.plus(Duration.minutes(30));
  return [
    {
      anchor: 'dead-letters',
      meaning: 'Messages are in the dead-letter queue that the sweep could not requeue.',
      metric: deadLetterCount(
        toNormalize.deadLetterQueue,
        'deadLetters',
        'dead-letter messages',
        fiveMinutes,
      ),
      goesOff: 'at-or-above',
      threshold: 1,
      ...almostAlways,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'register-failures',
      meaning: 'register could not record the arrival of files, and the sweep could not either.',
      metric: deadLetterCount(registerFailures, 'registerFailures', 'register failures', fiveMinutes),
      goesOff: 'at-or-above',
      threshold: 1,
      ...almostAlways,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'unregistered-objects',
      meaning:
        'Files were in the bucket without a row, and the sweep registered them. Their S3 events were lost.',
      metric: ingestMetric('UnregisteredObjects', 'Sum', Duration.minutes(15)),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'stuck-files',
      meaning: 'Files stay registered or normalizing although the sweep keeps requeuing them.',
      metric: ingestMetric('StuckFiles', 'Maximum', Duration.hours(1)),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 2,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'oldest-message',
      meaning: `Files have waited in the normalize queue for more than ${tooOld.toHumanString()}: normalize is too slow, failing, or stopped.`,
      metric: toNormalize.queue.metricApproximateAgeOfOldestMessage({ period: fiveMinutes }),
      goesOff: 'at-or-above',
      threshold: tooOld.toSeconds(),
      periods: 3,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
  ];
}

function notRunning({ workers, api }: MonitoredParts): AlarmDefinition[] {
  return [
    {
      anchor: 'sweep-silent',
      meaning:
        'The sweep has not reported for 20 minutes: lost files go unnoticed, and the alarms on its metrics have no data.',
      metric: ingestMetric('StuckFiles', 'SampleCount', fiveMinutes),
      goesOff: 'below',
      threshold: 1,
      periods: 4,
      missing: BREACHING,
      isIngestUnhealthy: true,
    },
    ...workers.flatMap(worker),
    {
      anchor: 'api-errors',
      meaning: 'The API responds with 5xx: uploads may fail.',
      metric: api.api.metricServerError({ statistic: 'Sum', period: fiveMinutes }),
      goesOff: 'at-or-above',
      threshold: 3,
      periods: 2,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
  ];
}

/** No client waits for a worker, so only an alarm shows its errors. */
function worker(fn: MonitoredFunction): AlarmDefinition[] {
  return [
    {
      anchor: 'function-errors',
      of: fn.entry,
      meaning: `${fn.entry} keeps failing; a single failure is retried and raises no alarm.`,
      metric: fn.metricErrors({ period: fiveMinutes }),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 3,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'function-throttles',
      of: fn.entry,
      meaning: `${fn.entry} has been throttled by a concurrency limit for longer than a burst lasts.`,
      metric: fn.metricThrottles({ period: fiveMinutes }),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 12,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
  ];
}

/**
 * The system before this one stopped without an error, while files still came: only new data counts here, and for the first
 * alarm, no metric is as bad as a zero.
 */
function notDelivered(expected: ExpectedDelivery): AlarmDefinition[] {
  const { silenceHours, syncSilenceHours, dataAgeDays, dormantDays, dormantPercent } = expected;
  return [
    {
      anchor: 'no-new-intervals',
      meaning: `No new interval has been stored for ${silenceHours} hours, whatever files came.`,
      metric: ingestMetric('IntervalsInserted', 'Sum', Duration.hours(1)),
      goesOff: 'below',
      threshold: 1,
      periods: silenceHours,
      missing: BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'data-old',
      meaning: `The newest day stored is ${dataAgeDays} days old or older.`,
      metric: ingestMetric('NewestDayAgeDays', 'Maximum', idlePeriod),
      goesOff: 'at-or-above',
      threshold: dataAgeDays,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'late-sources',
      meaning: `A source that brings data on most days has brought none for ${silenceHours} hours, while others may go on.`,
      metric: ingestMetric('LateSources', 'Maximum', idlePeriod),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'late-syncs',
      meaning: `A sync, such as the droplet's, has not come to the end of a run for ${syncSilenceHours} hours: it does not run, or fails.`,
      metric: ingestMetric('SyncSilenceSeconds', 'Maximum', idlePeriod),
      goesOff: 'at-or-above',
      threshold: syncSilenceHours * 3600,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'dormant-esiids',
      meaning: `At least ${dormantPercent} % of the ESIIDs that had intervals in the last 30 days have had none for more than ${dormantDays} days.`,
      metric: ingestMetric('DormantPercent', 'Maximum', idlePeriod),
      goesOff: 'at-or-above',
      threshold: dormantPercent,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: false,
    },
  ];
}

function forPeople({ alarms }: Settings): AlarmDefinition[] {
  return [
    {
      anchor: 'files-failed',
      meaning:
        'A file could not be normalized. Its row has the error, and it stays failed until someone acts.',
      metric: ingestMetric('FilesFailed', 'Sum', fiveMinutes),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: false,
    },
    {
      anchor: 'rejected-rows',
      meaning: `More than ${alarms.rejectedRowsPercent} % of the rows of an hour were rejected: the format may have changed.`,
      metric: rejectedRowsPercent(Duration.hours(1)),
      goesOff: 'at-or-above',
      threshold: alarms.rejectedRowsPercent,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: false,
    },
    {
      anchor: 'days-that-differ',
      meaning: 'The intervals of a day do not add up to SMT’s own daily read of it: one of the two is wrong.',
      metric: ingestMetric('DaysDiffering', 'Maximum', idlePeriod),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: false,
    },
    {
      anchor: 'days-without-intervals',
      meaning: 'SMT has a daily read of a day, and five days later intervals of it are still missing.',
      metric: ingestMetric('DaysMissing', 'Maximum', idlePeriod),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: false,
    },
    {
      anchor: 'uploads-that-never-came',
      meaning: 'A client requested an upload and never sent the file, and may believe that it did.',
      metric: ingestMetric('PresignedNotUploaded', 'Maximum', idlePeriod),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: false,
    },
    {
      anchor: 'authentication-failures',
      meaning: 'Many requests had a wrong token: a client has an old one, or someone is guessing.',
      metric: ingestMetric('AuthenticationFailures', 'Sum', fiveMinutes),
      goesOff: 'at-or-above',
      threshold: 20,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: false,
    },
  ];
}
