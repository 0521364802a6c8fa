import type { FeedEntry, Resource } from './feed-reader.ts';

/** Resolves a feed's links: from a block to its MeterReading, and from there to its ReadingType and UsagePoint. */
export class FeedLinks {
  private readonly meterReadings: readonly Resource[];
  private readonly readingTypes: readonly Resource[];
  private readonly usagePoints: readonly Resource[];

  constructor(resources: readonly Resource[]) {
    const ofKind = (kind: Resource['kind']): Resource[] =>
      resources.filter((resource) => resource.kind === kind);
    this.meterReadings = ofKind('MeterReading');
    this.readingTypes = ofKind('ReadingType');
    this.usagePoints = ofKind('UsagePoint');
  }

  /**
   * The MeterReading of blocks.
   * @param link that of {@link blockLink}
   * @returns null if the feed has none at all, undefined if it is ambiguous
   */
  meterReadingOf(link: string): Resource | null | undefined {
    const linked = this.meterReadings.filter(
      ({ entry }) => entry.related.includes(link) || isWithin(link, entry.self),
    );
    if (linked.length === 1) return linked[0];
    return onlyOne(linked.length > 1 ? linked : this.meterReadings);
  }

  /** The ReadingType that a MeterReading links to; undefined if it is ambiguous. */
  readingTypeOf(meterReading: Resource | null): Resource | null | undefined {
    const related = meterReading?.entry.related ?? [];
    const linked = this.readingTypes.filter(
      ({ entry }) =>
        (entry.self !== null && related.includes(entry.self)) ||
        (meterReading?.entry.self && entry.related.includes(meterReading.entry.self)),
    );
    if (linked.length > 0) return linked.length === 1 ? linked[0] : undefined;
    const leadsElsewhere = related.some((href) => /(?:^|\/)ReadingType(?:\/|$)/i.test(href));
    return leadsElsewhere ? undefined : onlyOne(this.readingTypes);
  }

  /** The UsagePoint of a MeterReading; null if the feed has none, undefined if it is ambiguous. */
  usagePointOf(meterReading: Resource | null, link: string): Resource | null | undefined {
    const { self = null, up = null } = meterReading?.entry ?? {};
    const linked = this.usagePoints.filter(
      ({ entry }) =>
        [self, up].some(
          (href) => href !== null && (entry.related.includes(href) || isWithin(href, entry.self)),
        ) || isWithin(link, entry.self),
    );
    if (linked.length === 1) return linked[0];
    return onlyOne(linked.length > 1 ? linked : this.usagePoints);
  }

  /** How many types of readings the feed has. */
  get readingTypeCount(): number {
    return this.readingTypes.length;
  }
}

/** The link that all blocks of a MeterReading share: where they are listed. */
export function blockLink(entry: FeedEntry): string {
  return entry.up ?? entry.self?.replace(/\/[^/]*$/, '') ?? '';
}

function isWithin(href: string, outer: string | null): boolean {
  return outer !== null && outer !== '' && (href === outer || href.startsWith(`${outer}/`));
}

function onlyOne(resources: readonly Resource[]): Resource | null | undefined {
  return resources.length > 1 ? undefined : (resources[0] ?? null);
}
