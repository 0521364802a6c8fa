import type { Channel } from './block.ts';
import { parseKwh } from './kwh.ts';
import { parseDate, parseDateTime, parseTime } from './labels.ts';
import type { Label } from './locate.ts';

const cacheSize = 20_000;

/** Remembers what a text parses to: meter files repeat their labels and values all the time. */
function remember<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined && !known.has(text)) {
      value = parse(text);
      if (known.size >= cacheSize) known.clear();
      known.set(text, value);
    }
    return value as T;
  };
}

/** A time with or without its date; null if it is neither. */
export const labelOf = remember((text: string): Label | null => {
  const trimmed = text.trim();
  const time = parseTime(trimmed);
  return time ? { date: null, ...time } : parseDateTime(trimmed);
});

/** Canonical kWh; '' for a blank; null if it is no exact decimal that fits. */
export const kwhOf = remember((text: string): string | null => {
  const trimmed = text.trim();
  return trimmed === '' ? '' : parseKwh(trimmed);
});

/** A civil date; Excel may have added a midnight to it. */
export const dateOf = remember((text: string): string | null => {
  const trimmed = text.trim();
  const dateTime = parseDateTime(trimmed);
  return parseDate(trimmed) ?? (dateTime?.minutes === 0 ? dateTime.date : null);
});

/** Whether a reading is estimated; a blank says nothing, as does a file without the column: an actual read. */
export const isEstimated = remember((text: string): boolean | null => {
  switch (text.trim().toLowerCase()) {
    case 'a':
    case 'actual':
    case '':
      return false;
    case 'e':
    case 'estimated':
      return true;
    default:
      return null;
  }
});

export const channelOf = remember((text: string): Channel | null => {
  switch (text.trim().toLowerCase()) {
    case 'consumption':
      return 'consumption';
    case 'surplus generation':
    case 'surplusgeneration':
    case 'generation':
      return 'generation';
    default:
      return null;
  }
});
