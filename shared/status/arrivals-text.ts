import type { RawFileStatus } from '../storage/tables.ts';
import { resolveFailure } from './failure-advice.ts';
import { lookedText } from './sync-runs.ts';
import type { SystemState } from './system-state.ts';
import { plural } from './words.ts';

type Arrivals = Omit<SystemState, 'disagreements' | 'deployedAt' | 'sweepCompletedAt'>;

/** For a source whose sync does not report its runs. */
export const lookAtClient =
  'Where it runs, look whether it does; on the droplet: systemctl list-timers smt-sync, then journalctl -u smt-sync --since yesterday.';
export const lookAtFolder =
  'See whether SMT still makes files, and whether SMT_REMOTE_DIR is where it puts them.';

/** What may have arrived since the newest data, in the words of a sentence. */
const words: Readonly<Record<RawFileStatus, string>> = {
  registered: 'waiting',
  normalizing: 'being loaded',
  normalized: 'loaded without anything newer',
  failed: 'failed',
  ignored: 'without readings',
  duplicate: 'the same bytes as a file loaded before',
  withdrawn: 'withdrawn',
};

/** Why no new intervals come, as far as what has arrived instead shows it, and what to do first. */
export function arrivalsText(state: Arrivals): { readonly why: string; readonly resolve: string } {
  const { files, lastFailed } = state;
  const arrived = Object.entries(files.since) as [RawFileStatus, number][];
  const total = arrived.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return nothingArrived(state);
  const [[most] = ['failed']] = arrived.toSorted(([, one], [, other]) => other - one);
  const parts = arrived.map(([status, count]) => `${count.toLocaleString('en-US')} ${words[status]}`);
  const why = `Since then came ${plural(total, 'file')}: ${parts.join(', ')}.`;
  const absent = absentSources(state);
  if (absent.length > 0) {
    return {
      why: `${why} Nothing came from ${absent.join(', ')}, which brings data on most days.`,
      resolve: nothingArrived(state).resolve,
    };
  }
  return {
    why,
    resolve: resolveMost(most as RawFileStatus, lastFailed?.error_code ?? null),
  };
}

/** Daily sources of which no file has come since the newest data was loaded. */
function absentSources({ sources, dataAge }: Arrivals): string[] {
  const since = dataAge.lastLoadedAt ?? new Date(0);
  return sources
    .filter(({ isLate, lastReceivedAt }) => isLate && lastReceivedAt < since)
    .map(({ source }) => source);
}

function nothingArrived(state: Arrivals) {
  const { files, dataAge, missingUploads, syncRuns } = state;
  const { lastUploadRequest: last } = files;
  const isRequested = last && last.requestedAt > (dataAge.lastLoadedAt ?? new Date(0));
  if (isRequested || missingUploads.count > 0) {
    return {
      why: `Since then no file has come, although uploads were requested${last ? `, the last by ${last.source}` : ''}.`,
      resolve: 'See at the client whether its PUT to S3 fails, or is never made.',
    };
  }
  const looked = lookedText(syncRuns, state);
  if (looked) {
    return {
      why: `Since then no file has come. ${looked}`,
      resolve: lookAtFolder,
    };
  }
  return {
    why: 'Since then no file has come and no upload was requested.',
    resolve: lookAtClient,
  };
}

function resolveMost(status: RawFileStatus, failedCode: string | null): string {
  switch (status) {
    case 'failed':
      return `Of the last file that failed: ${resolveFailure(failedCode)}.`;
    case 'registered':
    case 'normalizing':
      return 'See whether normalize receives messages, and why it fails.';
    case 'duplicate':
    case 'normalized':
      return 'The source sends old files: see at SMT’s portal whether there are newer days, and which folder is read.';
    case 'ignored':
      return 'The source sends other reports: at SMT’s portal, subscribe to the one of 15-minute intervals.';
    case 'withdrawn':
      return 'See who withdrew the files, and why: select * from removals order by id desc.';
  }
}
