import { parseEsiid } from '../../intervals/esiid.ts';
import { type MonthlyRead, monthlyRead } from '../../reads/monthly-read.ts';
import { channelOf, dateOf, revisionOf } from '../csv/cells.ts';
import { copiedString } from '../csv/copied-string.ts';
import { type ParsedRead, readingOf, rejected } from '../reads/parsed-read.ts';

/** A monthly read as text, whatever the file's form; blank where the file has nothing. */
export interface MonthlyReadText {
  readonly esiid: string;
  /** `Consumption` or `Surplus Generation`; blank is consumption. */
  readonly channel: string;
  readonly startDate: string;
  readonly endDate: string;
  readonly revision: string;
  readonly kwh: string;
  readonly meteredKw: string;
  readonly meteredKva: string;
  readonly billedKw: string;
  readonly billedKva: string;
}

/** Reads a monthly read from its text (smt-format, "Daily and monthly reads"). A period ends after it starts. */
export function parseMonthlyRead(text: MonthlyReadText): ParsedRead<MonthlyRead> {
  const esiid = parseEsiid(copiedString(text.esiid));
  if (esiid === null) return rejected('invalid-esiid');
  const channel = text.channel.trim() === '' ? 'consumption' : channelOf(text.channel);
  if (channel === null) return rejected('invalid-row');
  const startDate = dateOf(text.startDate);
  const endDate = dateOf(text.endDate);
  const revisedAt = revisionOf(text.revision);
  if (startDate === null || endDate === null || endDate <= startDate || revisedAt === undefined)
    return rejected('invalid-timestamp');
  const [meteredKw, meteredKva, billedKw, billedKva] = [
    readingOf(text.meteredKw),
    readingOf(text.meteredKva),
    readingOf(text.billedKw),
    readingOf(text.billedKva),
  ];
  if (
    meteredKw === undefined ||
    meteredKva === undefined ||
    billedKw === undefined ||
    billedKva === undefined
  )
    return rejected('invalid-reading');
  const kwh = readingOf(text.kwh);
  if (kwh === undefined) return rejected('invalid-kwh');
  if (kwh === null) return { kind: 'missing-kwh' };
  const demands = { meteredKw, meteredKva, billedKw, billedKva };
  return {
    kind: 'read',
    read: monthlyRead({ esiid, channel, startDate, endDate, revisedAt, kwh, ...demands }),
  };
}
