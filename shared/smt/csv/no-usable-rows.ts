import { FileError } from '../../archive/file-error.ts';
import type { RejectReason, RowCounts } from '../../intervals/row-counts.ts';
import { describeCounts, type RowTally } from '../row-tally.ts';

/** What to do if nearly all rows are rejected for one reason, which then is the file's error. */
const remedyOf = {
  'future-revision':
    'A revision stamp later than the day the file was received would hide every later one. Correct the stamps and send it again.',
  'future-date':
    'No interval can be later than the day the file was received. Correct the dates and send it again.',
  'not-15-minute': '',
  'conflicting-values': '',
  'ambiguous-labels': '',
} as const;

function isOwnCode(reason: RejectReason): reason is keyof typeof remedyOf {
  return reason in remedyOf;
}

/**
 * Why no row of a file could be used: the reason that most rows share, or each reason with its first cell.
 * @param otherLengths rows with a start and an end that are not 15 minutes apart, by their length in minutes
 */
export function noUsableRows(tally: RowTally, otherLengths: ReadonlyMap<number, number>): FileError {
  const { counts, firstBad, rejectedOf } = tally;
  const [length, ofLength = 0] = mostFrequent(otherLengths) ?? [];
  if (length !== undefined && ofLength * 2 > counts.rowsRead) {
    return new FileError(
      'not-15-minute',
      `The rows are ${length} minutes long, ${ofLength} of ${counts.rowsRead}, as at ${firstBad.get('invalid-timestamp')}. ` +
        'Send the 15-minute file.',
    );
  }
  const [reason, ofReason = 0] = mostFrequent(rejectedOf) ?? [];
  if (reason && isOwnCode(reason) && ofReason * 2 > counts.rowsRead)
    return new FileError(reason, `${firstBad.get(reason)}${remedyOf[reason] && `: ${remedyOf[reason]}`}`);
  return new FileError('no-usable-rows', describeRows(counts, firstBad));
}

function mostFrequent<T>(counts: ReadonlyMap<T, number>): [T, number] | undefined {
  return [...counts].sort(([, a], [, b]) => b - a)[0];
}

function describeRows(counts: RowCounts, firstBad: ReadonlyMap<RejectReason, string>): string {
  const cells = [...firstBad].map(([reason, what]) => `${reason}: ${what}`);
  return [
    `The header is known but no row holds a reading: ${describeCounts(counts)}.`,
    ...(cells.length > 0 ? [`First cells: ${cells.join('; ')}.`] : []),
  ].join(' ');
}
