import type { MemberKind } from '../../intervals/row-counts.ts';
import { reduced } from './cells.ts';
import { namesTime, roleOfName } from './column-names.ts';
import { splitLine } from './csv.ts';

/** A report that holds no intervals, by the names of its columns. */
export interface ReportHeader {
  readonly kind: Exclude<MemberKind, 'interval' | 'unknown'>;
}

const monthlyName = /^(?:billed|billing|metered|demand)|kva$|month/;
const dailyName = /^(?:startread|endread|meterread|startmeterread|endmeterread)|reading$/;
const energyName = /kwh|usage|energy|consumption|read|interval/;

function recognize(cells: readonly string[]): ReportHeader | null {
  const names = cells.map(reduced);
  const roles = cells.map(roleOfName);
  if (!roles.includes('esiid') || names.length < 2) return null;
  const hasPeriod = names.includes('startdate') && names.includes('enddate');
  if (hasPeriod || names.some((name) => monthlyName.test(name))) return { kind: 'monthly' };
  const hasTime = cells.some(namesTime);
  const hasDate = roles.includes('date') || names.some((name) => /(?:read|usage)date$/.test(name));
  if (hasDate && !hasTime && (roles.includes('kwh') || names.some((name) => dailyName.test(name))))
    return { kind: 'daily' };
  // A file is ignored only if it cannot be a file of readings with misspelled columns.
  const mayHoldReadings = hasTime || hasDate || names.some((name) => energyName.test(name));
  return mayHoldReadings ? null : { kind: 'other' };
}

/**
 * Recognizes a report by its header line, whatever the delimiter; null if the line is unknown. Names alone prove
 * nothing about the rows: call this only if `mayHoldIntervals` is false.
 */
export function recognizeHeader(line: string): ReportHeader | null {
  for (const delimiter of [',', '\t', ';', '|'] as const) {
    const cells = splitLine(line, delimiter);
    const header = cells && recognize(cells);
    if (header) return header;
  }
  return null;
}
