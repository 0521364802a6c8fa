import { Duration } from 'aws-cdk-lib';
import { type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Settings } from '../../config/settings.ts';
import type { IngestFunction } from '../ingest-function.ts';
import { ingestMetric, rejectedRowsPercent } from './ingest-metric.ts';
import { lettersIn } from './letters.ts';
import type { MonitoredParts } from './monitoring.ts';

const { BREACHING, NOT_BREACHING } = TreatMissingData;
const fiveMinutes = Duration.minutes(5);

/** An alarm, and why it is as it is. */
export interface AlarmDefinition {
  /** The section of RUNBOOK.md, and the alarm's name. */
  readonly anchor: string;
  /** Tells alarms of one section apart. */
  readonly of?: string;
  /** One sentence for the one who is woken up. */
  readonly meaning: string;
  readonly metric: IMetric;
  readonly goesOff: 'at-or-above' | 'below';
  readonly threshold: number;
  /** So many periods in a row. */
  readonly periods: number;
  /** What no data at all means. */
  readonly missing: TreatMissingData;
  /** True: ingest does not do its work. False: it does, and found something for people to look at. */
  readonly isIngestUnhealthy: boolean;
}

/** Every alarm but those of the database, with the reason for its threshold. */
export function alarmDefinitions(parts: MonitoredParts, settings: Settings): readonly AlarmDefinition[] {
  return [
    ...lostOnTheWay(parts),
    ...notRunning(parts),
    ...(settings.alarms.silenceHours === null ? [] : [silence(settings.alarms.silenceHours)]),
    ...forPeople(settings),
  ];
}

/** What the sweep should have mended: it runs every five minutes, so one bad reading may be a thing it is about to mend. */
function lostOnTheWay({ toNormalize, registerFailures }: MonitoredParts): AlarmDefinition[] {
  // A message ages while it is hidden, too: one worker that died is no backlog.
  const tooOld = toNormalize.visibilityTimeout.plus(Duration.minutes(30));
  return [
    {
      anchor: 'dead-letters',
      meaning: 'Messages in the dead-letter queue that the sweep could not put back on their way.',
      metric: lettersIn(toNormalize.deadLetters, 'deadLetters', 'dead letters', fiveMinutes),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 4,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'register-failures',
      meaning: 'Files whose arrival register could not record, even after the sweep tried again.',
      metric: lettersIn(registerFailures, 'registerFailures', 'register failures', fiveMinutes),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 4,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'unregistered-objects',
      meaning:
        'Files lay in the bucket without a row; the sweep found and registered them. Their events were lost.',
      metric: ingestMetric('UnregisteredObjects', 'Sum', Duration.minutes(15)),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'stuck-files',
      meaning:
        'Files do not get past registered or normalizing, although the sweep keeps putting them back on the queue.',
      metric: ingestMetric('StuckFiles', 'Maximum', Duration.hours(1)),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 2,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
    {
      anchor: 'oldest-message',
      meaning: `Files wait in the normalize queue for more than ${tooOld.toHumanString()}: normalize is too slow, failing, or stopped.`,
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
        'The sweep has not reported for 20 minutes: nothing finds lost files, and its alarms are blind.',
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
      meaning: 'The API answers with errors of its own (5xx): uploads may not be granted.',
      metric: api.api.metricServerError({ statistic: 'Sum', period: fiveMinutes }),
      goesOff: 'at-or-above',
      threshold: 3,
      periods: 2,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
  ];
}

/** What nobody waits for: its errors are seen here or nowhere. */
function worker(fn: IngestFunction): AlarmDefinition[] {
  return [
    {
      anchor: 'function-errors',
      of: fn.entry,
      meaning: `${fn.entry} ends in errors again and again; single ones are tried again and are no news.`,
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
      meaning: `${fn.entry} has been held back by a concurrency limit for longer than a burst lasts.`,
      metric: fn.metricThrottles({ period: fiveMinutes }),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 12,
      missing: NOT_BREACHING,
      isIngestUnhealthy: true,
    },
  ];
}

/** The old system failed in silence; here silence is an alarm, of which no data is the very sign. */
function silence(hours: number): AlarmDefinition {
  return {
    anchor: 'no-files',
    meaning: `No file has arrived for ${hours} hours, where one a day is normal: look at the droplet first.`,
    metric: ingestMetric('FilesRegistered', 'Sum', Duration.hours(1)),
    goesOff: 'below',
    threshold: 1,
    periods: hours,
    missing: BREACHING,
    isIngestUnhealthy: true,
  };
}

function forPeople({ alarms }: Settings): AlarmDefinition[] {
  return [
    {
      anchor: 'files-failed',
      meaning: 'A file could not be normalized; its row says why, and it waits for someone to act.',
      metric: ingestMetric('FilesFailed', 'Sum', fiveMinutes),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: false,
    },
    {
      anchor: 'rejected-rows',
      meaning: `More than ${alarms.rejectedRowsPercent} % of the rows of an hour could not be read: the format may have changed.`,
      metric: rejectedRowsPercent(Duration.hours(1)),
      goesOff: 'at-or-above',
      threshold: alarms.rejectedRowsPercent,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: false,
    },
    {
      anchor: 'uploads-that-never-came',
      meaning: 'A client asked for an upload and never sent the file: it may believe that it did.',
      // The sweep leaves a quiet database alone for up to six hours, and then cannot know.
      metric: ingestMetric('PresignedNotUploaded', 'Maximum', Duration.hours(6)),
      goesOff: 'at-or-above',
      threshold: 1,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: false,
    },
    {
      anchor: 'authentication-failures',
      meaning: 'Many requests with a wrong token: a client with the old one, or someone guesses.',
      metric: ingestMetric('AuthenticationFailures', 'Sum', fiveMinutes),
      goesOff: 'at-or-above',
      threshold: 20,
      periods: 1,
      missing: NOT_BREACHING,
      isIngestUnhealthy: false,
    },
  ];
}
