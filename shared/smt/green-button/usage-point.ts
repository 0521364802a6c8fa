import type { FeedEntry, Resource } from './feed-reader.ts';

/** An ESIID within a title or a link: all begin with 10, and have 17 or 22 digits (smt-format, "ESIID prefix"). */
const esiidWithin = /(?<!\d)10(?:\d{20}|\d{15})(?!\d)/g;

/** The ESIIDs that an entry names in its titles, links and fields. */
function esiidsOf(entry: FeedEntry, fields: Iterable<string> = []): Set<string> {
  const texts = [...entry.titles, entry.self ?? '', entry.up ?? '', ...entry.related, ...fields];
  return new Set(texts.flatMap((text) => text.match(esiidWithin) ?? []));
}

/**
 * The ESIID of a usage point: from itself, else its meter reading, else the feed.
 * @returns null if none of them names one, 'several' if the first that names any names more than one
 */
export function esiidOfUsagePoint(
  usagePoint: Resource | null,
  meterReading: Resource | null,
  feed: FeedEntry,
): string | 'several' | null {
  for (const resource of [usagePoint, meterReading]) {
    const named = resource ? esiidsOf(resource.entry, resource.fields.values()) : new Set<string>();
    if (named.size > 0) return only(named);
  }
  const named = esiidsOf(feed);
  return named.size > 0 ? only(named) : null;
}

function only(esiids: ReadonlySet<string>): string | 'several' {
  const [first = 'several'] = esiids;
  return esiids.size === 1 ? first : 'several';
}
