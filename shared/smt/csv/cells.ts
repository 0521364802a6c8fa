import type { Channel } from '../../intervals/block.ts';
import { addDays, minutesPerDay } from '../../intervals/clock.ts';
import { parseKwh } from '../../intervals/kwh.ts';
import { copiedString } from './copied-string.ts';
import { parseDate, parseDateTime, parseRevision, parseTime } from './time/labels.ts';
import type { Label } from './time/locate.ts';

const cacheSize = 20_000;
/** Longer texts are no labels or values; remembering them could fill the memory. */
const maxRememberedLength = 40;

/** Remembers what a text parses to: meter files repeat their labels and values all the time. */
function remember<T>(parse: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined && !known.has(text)) {
      value = parse(text.trim());
      if (text.length > maxRememberedLength) return value;
      if (known.size >= cacheSize) known.clear();
      known.set(copiedString(text), value);
    }
    return value as T;
  };
}

/** A time with or without its date; null if it is neither. Midnight at a day's end is the next day's first. */
export const labelOf = remember((text): Label | null => {
  const time = parseTime(text);
  if (time) return { date: null, ...time };
  const label = parseDateTime(text);
  return label?.minutes === minutesPerDay ? { ...label, date: addDays(label.date, 1), minutes: 0 } : label;
});

/** Canonical kWh; '' for a blank; null if it is no exact decimal that fits. */
export const kwhOf = remember((text): string | null => (text === '' ? '' : parseKwh(text)));

/** A civil date; Excel may have added a midnight to it. */
export const dateOf = remember((text): string | null => {
  const dateTime = parseDateTime(text);
  return parseDate(text) ?? (dateTime?.minutes === 0 ? dateTime.date : null);
});

/** ISO instant of a revision stamp; null for a blank, undefined if it cannot be read. */
export const revisionOf = remember((text): string | null | undefined =>
  text === '' ? null : (parseRevision(text) ?? undefined),
);

/** Whether a reading is estimated; a blank says nothing, as does a file without the column: an actual read. */
export const isEstimated = remember((text): boolean | null => {
  switch (text.toLowerCase()) {
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

export const channelOf = remember((text): Channel | null => {
  switch (text.toLowerCase()) {
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
