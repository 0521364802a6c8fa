import { parseEsiid } from '../../intervals/esiid.ts';
import { type DailyRead, dailyRead } from '../../reads/daily-read.ts';
import { channelOf, dateOf, revisionOf } from '../csv/cells.ts';
import { copiedString } from '../csv/copied-string.ts';
import { type ParsedRead, readingOf, rejected } from '../reads/parsed-read.ts';

/** A daily read as text, whatever the file's form; blank where the file has nothing. */
export interface DailyReadText {
  readonly esiid: string;
  /** `Consumption` or `Surplus Generation`; blank is consumption. */
  readonly channel: string;
  readonly usageDate: string;
  readonly revision: string;
  readonly startReading: string;
  readonly endReading: string;
  readonly kwh: string;
}

/** Reads a daily read from its text (smt-format, "Daily and monthly reads"). */
export function parseDailyRead(text: DailyReadText): ParsedRead<DailyRead> {
  const esiid = parseEsiid(copiedString(text.esiid));
  if (esiid === null) return rejected('invalid-esiid');
  const channel = text.channel.trim() === '' ? 'consumption' : channelOf(text.channel);
  if (channel === null) return rejected('invalid-row');
  const usageDate = dateOf(text.usageDate);
  const revisedAt = revisionOf(text.revision);
  if (usageDate === null || revisedAt === undefined) return rejected('invalid-timestamp');
  const startReading = readingOf(text.startReading);
  const endReading = readingOf(text.endReading);
  if (startReading === undefined || endReading === undefined) return rejected('invalid-reading');
  const kwh = readingOf(text.kwh);
  if (kwh === undefined) return rejected('invalid-kwh');
  if (kwh === null) return { kind: 'missing-kwh' };
  const read = dailyRead({ esiid, channel, usageDate, revisedAt, startReading, endReading, kwh });
  return { kind: 'read', read };
}
