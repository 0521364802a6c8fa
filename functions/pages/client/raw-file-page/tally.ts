import { el } from '../lib/dom.ts';
import { formatCount } from '../lib/format.ts';
import type { RawFileDetail } from '../lib/raw-files.ts';

type File = RawFileDetail['file'];

/** The tally of a file's data rows: the lines add up to the rows read. */
const lines = [
  ['intervals_read', 'Intervals read', ''],
  ['daily_reads_read', 'Daily reads', ''],
  ['monthly_reads_read', 'Monthly reads', ''],
  ['duplicate_rows', 'Repeated rows', 'the same slot, day or period and value again'],
  ['conflicting_rows', 'Conflicting rows', 'the same slot, day or period in one revision, another value'],
  ['missing_kwh', 'No reading yet', 'blank kWh: a gap, not zero'],
  ['nonexistent_hour', 'Skipped hour', 'the hour that spring forward leaves out'],
  ['invalid_esiid', 'Rejected: ESIID', 'not 17 or 22 digits'],
  ['invalid_timestamp', 'Rejected: date or time', ''],
  ['invalid_kwh', 'Rejected: kWh', 'not a number'],
  ['invalid_reading', 'Rejected: reading', 'a register or demand that is no number'],
  ['invalid_row', 'Rejected: row', 'cannot be read at all'],
] as const;

export function rejectedRowsOf(file: File): number {
  return (
    file.invalid_esiid + file.invalid_timestamp + file.invalid_kwh + file.invalid_reading + file.invalid_row
  );
}

export function tallyCard(file: File): HTMLElement {
  const stored = `${formatCount(file.blocks_inserted)} new, ${formatCount(file.blocks_unchanged)} known already`;
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'tally-title' },
    el(
      'div',
      { class: 'card-head' },
      el('h2', { id: 'tally-title' }, 'What became of its rows'),
      el('p', {}, `${formatCount(file.rows_read)} rows read`),
    ),
    el(
      'dl',
      { class: 'tally' },
      ...lines.map(([key, name, note]) => line(name, note, file[key], key.startsWith('invalid'))),
    ),
    el(
      'p',
      { class: 'muted small' },
      `Meter-days stored: ${stored}. Values stored: ${formatCount(file.intervals_inserted)}.`,
    ),
  );
}

function line(name: string, note: string, value: number, isBad: boolean): HTMLElement {
  const tone = value === 0 ? 'zero' : isBad ? 'bad' : '';
  return el(
    'div',
    { class: tone },
    el('dt', {}, name, note !== '' && el('small', {}, note)),
    el('dd', {}, formatCount(value)),
  );
}
