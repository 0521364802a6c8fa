import type { XmlElement, XmlHandler } from './xml-reader.ts';

const atom = 'http://www.w3.org/2005/Atom';
const espi = 'http://naesb.org/espi';
/** Resources with usage totals for a bill. */
const summaries = new Set(['UsageSummary', 'ElectricPowerUsageSummary', 'ElectricPowerQualitySummary']);
/** Maximum number of links of one entry, and of texts kept of one resource. */
const maxKept = 200;

/** An Atom entry, or the feed itself: how its resources are linked with others. */
export interface FeedEntry {
  readonly titles: string[];
  self: string | null;
  up: string | null;
  readonly related: string[];
}

/** A resource of the feed that is stored whole. */
export interface Resource {
  readonly kind: 'UsagePoint' | 'MeterReading' | 'ReadingType';
  readonly entry: FeedEntry;
  /** Texts of its child elements by their names; also of nested elements, if the name is not in use. */
  readonly fields: ReadonlyMap<string, string>;
}

/** ESPI's IntervalReading as the file writes it; null where it does not. */
export interface FeedReading {
  start: string | null;
  duration: string | null;
  value: string | null;
  quality: string | null;
  /** 1-based line on which it begins. */
  line: number;
}

/** ESPI's IntervalBlock, apart from its readings. */
export interface FeedBlock {
  /** Its place among the file's blocks, from 0. */
  readonly index: number;
  readonly line: number;
  start: string | null;
  duration: string | null;
}

/** Receives the contents of a Green Button feed, in file order. */
export interface FeedHandler {
  /** @param block its interval, if it precedes its readings */
  reading(reading: FeedReading, block: FeedBlock): void;
  blockEnd(block: FeedBlock): void;
  /** The blocks and resources of an entry whose links are all known. */
  entryEnd(entry: FeedEntry, blocks: readonly FeedBlock[], resources: readonly Resource[]): void;
}

/** Finds the resources of a Green Button feed by ESPI's and Atom's namespaces, whatever their prefixes. */
export class FeedReader implements XmlHandler {
  /** The feed's own titles and links. */
  readonly feed: FeedEntry = newEntry();
  /** Name of the document's first element. */
  root: string | null = null;
  hasSummaries = false;
  /** Whether it is an Atom feed or contains an ESPI element. */
  hasResources = false;
  blockCount = 0;
  private readonly handler: FeedHandler;
  private readonly path: string[] = [];
  private entry: FeedEntry | null = null;
  private blocks: FeedBlock[] = [];
  private resources: Resource[] = [];
  private block: FeedBlock | null = null;
  private reading: FeedReading | null = null;
  private resource: { kind: Resource['kind']; fields: Map<string, string> } | null = null;

  constructor(handler: FeedHandler) {
    this.handler = handler;
  }

  open(element: XmlElement, line: number): void {
    const { namespace, name } = element;
    this.root ??= name;
    this.path.push(name);
    if (namespace === espi || (namespace === atom && name === 'feed')) this.hasResources = true;
    if (namespace === atom) this.openAtom(element);
    else if (namespace === espi) this.openEspi(name, line);
  }

  close(namespace: string, name: string, text: string): void {
    this.path.pop();
    if (namespace === atom) this.closeAtom(name, text.trim());
    else if (namespace === espi) this.closeEspi(name, text.trim());
  }

  /** Ends the document: passes on resources outside of any entry. */
  finish(): void {
    this.endEntry(this.feed);
  }

  private openAtom(element: XmlElement): void {
    if (element.name === 'entry' && !this.entry) this.entry = newEntry();
    if (element.name !== 'link') return;
    const entry = this.entry ?? this.feed;
    const href = pathOf(element.attribute('href') ?? '');
    switch (element.attribute('rel')?.toLowerCase()) {
      case 'self':
        entry.self ??= href;
        break;
      case 'up':
        entry.up ??= href;
        break;
      default:
        if (entry.related.length < maxKept) entry.related.push(href);
    }
  }

  private closeAtom(name: string, text: string): void {
    const entry = this.entry ?? this.feed;
    if (name === 'title' && text && entry.titles.length < maxKept) entry.titles.push(text.slice(0, 1000));
    if (name !== 'entry' || !this.entry) return;
    this.endEntry(this.entry);
    this.entry = null;
  }

  private endEntry(entry: FeedEntry): void {
    this.handler.entryEnd(entry, this.blocks, this.resources);
    this.blocks = [];
    this.resources = [];
  }

  private openEspi(name: string, line: number): void {
    if (name === 'IntervalBlock') {
      this.block = { index: this.blockCount++, line, start: null, duration: null };
      this.blocks.push(this.block);
    } else if (name === 'IntervalReading') {
      this.reading = { start: null, duration: null, value: null, quality: null, line };
    } else if (name === 'UsagePoint' || name === 'MeterReading' || name === 'ReadingType') {
      this.resource = { kind: name, fields: new Map() };
    } else if (summaries.has(name)) this.hasSummaries = true;
  }

  private closeEspi(name: string, text: string): void {
    if (this.reading) this.closeInReading(this.reading, name, text);
    else if (this.block) this.closeInBlock(this.block, name, text);
    else if (this.resource) this.closeInResource(this.resource, name, text);
  }

  private closeInReading(reading: FeedReading, name: string, text: string): void {
    const parent = this.path.at(-1);
    if (name === 'IntervalReading') {
      if (this.block) this.handler.reading(reading, this.block);
      this.reading = null;
    } else if ((name === 'start' || name === 'duration') && parent === 'timePeriod') reading[name] = text;
    else if (name === 'value' && parent === 'IntervalReading') reading.value = text;
    else if (name === 'quality') reading.quality = text;
  }

  private closeInBlock(block: FeedBlock, name: string, text: string): void {
    if (name === 'IntervalBlock') {
      this.handler.blockEnd(block);
      this.block = null;
    } else if ((name === 'start' || name === 'duration') && this.path.at(-1) === 'interval')
      block[name] = text;
  }

  private closeInResource(
    resource: { kind: Resource['kind']; fields: Map<string, string> },
    name: string,
    text: string,
  ): void {
    if (name === resource.kind) {
      this.resources.push({ ...resource, entry: this.entry ?? this.feed });
      this.resource = null;
    } else if (resource.fields.size < maxKept) {
      // Of two different values neither is used.
      const held = resource.fields.get(name) ?? text;
      resource.fields.set(name, held === text ? text.slice(0, 1000) : `${held} ${text}`.slice(0, 1000));
    }
  }
}

/** A link's path: some feeds write the same one with and without its host. */
function pathOf(href: string): string {
  return href
    .slice(0, 1000)
    .trim()
    .replace(/^[a-z]+:\/\/[^/]*/i, '')
    .replace(/^\/+/, '')
    .replace(/(?<!\/)\/+$/, '');
}

function newEntry(): FeedEntry {
  return { titles: [], self: null, up: null, related: [] };
}
