import type { RawFileStatus } from '../storage/tables.ts';
import type { Facts } from './facts.ts';
import { resolveFailure } from './failure-advice.ts';
import { lookedText } from './sync-runs.ts';
import { plural } from './words.ts';

type Arrivals = Pick<
  Facts,
  'files' | 'lastFailed' | 'dataAge' | 'missingUploads' | 'syncRuns' | 'expected' | 'now'
>;

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
export function arrivalsText(facts: Arrivals): { readonly why: string; readonly resolve: string } {
  const { files, lastFailed } = facts;
  const arrived = Object.entries(files.since) as [RawFileStatus, number][];
  const total = arrived.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return nothingArrived(facts);
  const [[most] = ['failed']] = arrived.toSorted(([, one], [, other]) => other - one);
  const parts = arrived.map(([status, count]) => `${count.toLocaleString('en-US')} ${words[status]}`);
  return {
    why: `Since then came ${plural(total, 'file')}: ${parts.join(', ')}.`,
    resolve: resolveMost(most as RawFileStatus, lastFailed?.error_code ?? null),
  };
}

function nothingArrived(facts: Arrivals) {
  const { files, dataAge, missingUploads, syncRuns } = facts;
  const { lastUploadRequest: last } = files;
  const isRequested = last && last.requestedAt > (dataAge.lastLoadedAt ?? new Date(0));
  if (isRequested || missingUploads.count > 0) {
    return {
      why: `Since then no file has come, although uploads were requested${last ? `, the last by ${last.source}` : ''}.`,
      resolve: 'See at the client why its PUT to S3 fails.',
    };
  }
  const looked = lookedText(syncRuns, facts);
  if (looked) {
    return {
      why: `Since then no file has come. ${looked}`,
      resolve: 'See whether SMT still makes files, and whether SMT_REMOTE_DIR is where it puts them.',
    };
  }
  return {
    why: 'Since then no file has come and no upload was requested.',
    resolve: 'On the droplet: journalctl -u smt-sync --since yesterday, then smt-droplet doctor.',
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
      return 'The source sends old files: see at SMT whether it makes new ones, and which folder is read.';
    case 'ignored':
      return 'The source sends other reports: request the interval file.';
    case 'withdrawn':
      return 'See who withdrew the files, and why: select * from removals order by id desc.';
  }
}
