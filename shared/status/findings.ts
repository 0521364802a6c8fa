import { arrivalsText, lookAtClient, lookAtFolder } from './arrivals-text.ts';
import type { ExpectedDelivery } from './expected-delivery.ts';
import { resolveFailure } from './failure-advice.ts';
import type { Finding } from './finding.ts';
import { lookedText, syncFindings } from './sync-runs.ts';
import type { SystemState } from './system-state.ts';
import { durationText, plural } from './words.ts';

/** As the alarm `sweep-silent` has it: four runs. */
const sweepSilenceMs = 20 * 60_000;
/** As the alarm `oldest-message` has it. */
const longestWaitMs = 2 * 3_600_000;

/** What is wrong now, what stops data first; nothing if all is as expected. */
export function findingsOf(state: SystemState): readonly Finding[] {
  const { expected } = state;
  return [
    sweepSilent(state),
    waiting(state),
    registeredLate(state),
    ...syncFindings(state),
    ...(expected ? delivered(state, expected) : []),
    filesFailed(state),
    uploadsMissing(state),
    daysDiffer(state),
    daysMissing(state),
  ].filter((finding) => finding !== null);
}

function sweepSilent({ now, deployedAt, sweepCompletedAt }: SystemState): Finding | null {
  const silentMs = now.getTime() - (sweepCompletedAt ?? deployedAt).getTime();
  if (silentMs < sweepSilenceMs) return null;
  const last = sweepCompletedAt ? `completed its last run ${ago(silentMs)}` : 'has not completed a run yet';
  return {
    code: 'sweep-silent',
    severity: 'error',
    message: `The sweep ${last}, and runs every five minutes. Lost files are not found while it does not.`,
    resolve: 'See whether its schedule is enabled, and its log for why it fails.',
  };
}

function waiting({ now, files }: SystemState): Finding | null {
  const { oldestPending: oldest } = files;
  const waitedMs = oldest ? now.getTime() - oldest.since.getTime() : 0;
  if (oldest === null || waitedMs < longestWaitMs) return null;
  return {
    code: 'oldest-message',
    severity: 'error',
    message: `File ${oldest.id} (${oldest.filename}) has waited for ${durationText(waitedMs)} to be normalized.`,
    resolve:
      'See whether normalize receives messages (its event source mapping may be disabled), and why it fails.',
  };
}

function registeredLate({ files: { registeredLate: count } }: SystemState): Finding | null {
  if (count === 0) return null;
  return {
    code: 'unregistered-objects',
    severity: 'warning',
    message: `${plural(count, 'file')} of the last day ${count === 1 ? 'was' : 'were'} registered more than ten minutes after arriving: S3’s events were lost, register did not run, or the uploads took that long.`,
    resolve: 'See whether the bucket still has its notification configuration, and whether register fails.',
  };
}

function delivered(state: SystemState, expected: ExpectedDelivery): (Finding | null)[] {
  const silence = noNewIntervals(state, expected);
  return [
    silence,
    dataOld(state, expected),
    dormant(state, expected),
    ...(silence ? [] : lateSources(state, expected)), // while nothing comes, all are late
  ];
}

function noNewIntervals(state: SystemState, { silenceHours }: ExpectedDelivery): Finding | null {
  const { now, dataAge } = state;
  const silentMs = dataAge.lastLoadedAt && now.getTime() - dataAge.lastLoadedAt.getTime();
  if (silentMs !== null && silentMs < silenceHours * 3_600_000) return null;
  const since =
    silentMs === null
      ? 'No intervals are stored yet'
      : `No newer intervals have come for ${durationText(silentMs)}`;
  const { why, resolve } = arrivalsText(state);
  return {
    code: 'no-new-intervals',
    severity: 'error',
    message: `${since}; some are expected every ${silenceHours} hours. ${why}`,
    resolve,
  };
}

function dataOld({ dataAge }: SystemState, { dataAgeDays }: ExpectedDelivery): Finding | null {
  const { newestUsageDate, ageDays } = dataAge;
  if (ageDays === null || ageDays < dataAgeDays) return null;
  return {
    code: 'data-old',
    severity: 'error',
    message: `The newest day stored is ${newestUsageDate}, ${plural(ageDays, 'day')} ago; less than ${dataAgeDays} are expected.`,
    resolve: 'See which days the last files hold, and get the days since from SMT.',
  };
}

function dormant(
  { dataAge }: SystemState,
  { dormantDays, dormantPercent }: ExpectedDelivery,
): Finding | null {
  const { active, dormant: count, dormantEsiids, isSample } = dataAge;
  if (count === 0 || (100 * count) / active < dormantPercent) return null;
  const named = dormantEsiids.slice(0, 3).map(({ esiid }) => esiid);
  const more = count > named.length ? ' and others' : '';
  return {
    code: 'dormant-esiids',
    severity: 'error',
    message: `${plural(count, 'ESIID')} of ${active.toLocaleString('en-US')}${isSample ? ' examined' : ''} had intervals in the last 30 days and none for more than ${plural(dormantDays, 'day')}: ${named.join(', ')}${more}.`,
    resolve: 'See whether SMT still delivers them: the subscription there may have ended.',
  };
}

function lateSources(state: SystemState, { silenceHours }: ExpectedDelivery): Finding[] {
  const { now, sources, syncRuns } = state;
  return sources
    .filter(({ isLate }) => isLate)
    .map(({ source, lastReceivedAt }) => {
      const looked = lookedText(
        syncRuns.filter((run) => run.source === source),
        state,
      );
      return {
        code: 'late-sources',
        severity: 'error',
        message: `${source} brings data on most days, and has brought none for more than ${silenceHours} hours, whatever others bring; its last file, with data or not, came ${ago(now.getTime() - lastReceivedAt.getTime())}.${looked ? ` ${looked}` : ''}`,
        resolve: looked ? lookAtFolder : lookAtClient,
      };
    });
}

function filesFailed({ files, lastFailed }: SystemState): Finding | null {
  if (files.failed === 0 || lastFailed === null) return null;
  const { id, filename, error_code: code } = lastFailed;
  const stand = files.failed === 1 ? 'file is' : 'files are';
  return {
    code: 'files-failed',
    severity: 'warning',
    message: `${files.failed.toLocaleString('en-US')} ${stand} failed, the last one received is file ${id} (${filename}): ${code}.`,
    resolve: `For that one: ${resolveFailure(code)}.`,
  };
}

function uploadsMissing({ missingUploads }: SystemState): Finding | null {
  const { count, uploads } = missingUploads;
  const [first] = uploads;
  if (first === undefined) return null;
  return {
    code: 'uploads-that-never-came',
    severity: 'warning',
    message: `${plural(count, 'upload')} of the last day ${count === 1 ? 'was' : 'were'} granted and never came, the first from ${first.source}: ${first.objectKey.split('/').at(-1)}.`,
    resolve: `See at ${first.source} whether its PUT to S3 fails or is never made, and send the file again.`,
  };
}

function daysDiffer({ disagreements: { daysDiffering } }: SystemState): Finding | null {
  if (daysDiffering === 0) return null;
  return {
    code: 'days-that-differ',
    severity: 'warning',
    message: `${plural(daysDiffering, 'day')} of intervals, noticed since yesterday, add up to something else than SMT’s daily read.`,
    resolve: 'Look at the worst day first; the usage page of its ESIID shows both sums.',
  };
}

function daysMissing({ disagreements: { daysMissing: count } }: SystemState): Finding | null {
  if (count === 0) return null;
  return {
    code: 'days-without-intervals',
    severity: 'warning',
    message: `SMT has a daily read of ${plural(count, 'day')} whose intervals are still missing five days later.`,
    resolve: 'Get the interval file of these days from SMT.',
  };
}

/** `3 hours ago` */
function ago(ms: number): string {
  return `${durationText(ms)} ago`;
}
