import type { RawFile } from '../../shared/storage/raw-files/get-raw-file.ts';
import type { FileAudit } from '../../shared/storage/reads/read-file-audit.ts';
import type { FunctionError } from './lambda/protocol.ts';

const reasons = {
  invalid_esiid: 'invalid ESIID',
  invalid_timestamp: 'invalid time',
  invalid_kwh: 'invalid kWh',
  invalid_reading: 'invalid reading',
  invalid_row: 'not a row',
} as const;

/** With thousands separators. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Rejected rows, by reason. */
export function rejectedOf(file: RawFile): { readonly total: number; readonly byReason: string } {
  const entries = Object.entries(reasons).map(([column, reason]) => {
    return { reason, rows: file[column as keyof typeof reasons] };
  });
  const total = entries.reduce((sum, { rows }) => sum + rows, 0);
  const named = entries.filter(({ rows }) => rows > 0).map(({ reason, rows }) => `${count(rows)} ${reason}`);
  return { total, byReason: named.join(', ') };
}

/** The outcome of a file, in a few words. @param isNew whether this command loaded it; only then it can have new intervals */
export function summaryOf(file: RawFile, isNew = true): string {
  switch (file.status) {
    case 'normalized': {
      const { total, byReason } = rejectedOf(file);
      const parts = [
        read(file.intervals_read, isNew && file.intervals_inserted, 'intervals'),
        read(file.daily_reads_read, isNew && file.daily_reads_inserted, 'daily reads'),
        read(file.monthly_reads_read, isNew && file.monthly_reads_inserted, 'monthly reads'),
        `${count(total)} rejected${byReason && ` (${byReason})`}`,
        file.missing_kwh > 0 && `${count(file.missing_kwh)} without kWh`,
        file.nonexistent_hour > 0 && `${count(file.nonexistent_hour)} in the hour skipped in spring`,
        file.duplicate_rows > 0 && `${count(file.duplicate_rows)} repeated`,
        file.conflicting_rows > 0 && `${count(file.conflicting_rows)} conflicting`,
      ];
      return `normalized as file ${file.id}: ${parts.filter(Boolean).join(', ')}`;
    }
    case 'duplicate':
      return `duplicate of file ${file.duplicate_of}, kept as file ${file.id}`;
    case 'ignored':
      return `ignored as file ${file.id}: holds no intervals (${file.members.map(({ kind }) => kind).join(', ')})`;
    case 'failed':
      return `failed as file ${file.id}: ${reasonOf(file)} (${file.error_code})`;
    case 'withdrawn':
      return `withdrawn, kept as file ${file.id}; "npm run replay -- --id ${file.id}" loads it again`;
    case 'registered':
    case 'normalizing':
      return `${file.status} as file ${file.id}, still pending`;
  }
}

function read(rows: number, inserted: number | false, what: string): string | false {
  return rows > 0 && `${count(rows)} ${what} (${inserted === false ? 'none' : count(inserted)} new)`;
}

/** Whether the data of a file is loaded, or there was none to load. */
export function isLoaded(file: Pick<RawFile, 'status'>): boolean {
  return file.status === 'normalized' || file.status === 'duplicate' || file.status === 'ignored';
}

/** What to do here, where the file's own message speaks of upload requests. */
function reasonOf({
  error_code: code,
  error_message: message,
}: Pick<RawFile, 'error_code' | 'error_message'>): string | null {
  return code === 'esiid-unknown'
    ? 'The file names no ESIID. Give it as --esiid and ingest the file again.'
    : message;
}

/** Reports on standard error that a function failed. The work is retried, or the file's status shows the failure. */
export function reportFailure(functionName: string, { errorType, errorMessage }: FunctionError): void {
  console.error(`${functionName} failed; its log has more: ${errorType}: ${errorMessage}`);
}

/** Lines that compare the days and billing periods of some files with SMT's reads; none if there are no reads. */
export function auditLines({ days, periods, disagreements }: FileAudit): string[] {
  const worst = disagreements.slice(0, 5).map((day) => {
    const sums = `intervals ${day.interval_kwh ?? 'none'}, daily read ${day.daily_kwh} kWh`;
    return `  ${day.usage_date} of ${day.esiid} ${day.status}: ${sums}`;
  });
  return [
    ...statusLine('days against daily reads', days),
    ...worst,
    ...statusLine('billing periods', periods),
  ];
}

function statusLine(what: string, counts: Readonly<Record<string, number>>): string[] {
  const named = Object.entries(counts).map(([status, number]) => `${count(number)} ${status}`);
  return named.length > 0 ? [`${what}: ${named.join(', ')}`] : [];
}
