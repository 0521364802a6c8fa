import { FileError } from '../../archive/file-error.ts';
import { esiidPattern } from '../../intervals/esiid.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';
import { checkCount } from '../check-count.ts';
import { howToGiveEsiid } from '../how-to-give-esiid.ts';
import type { ReadingOptions } from '../member-reading.ts';
import {
  type BlockProof,
  BlockShape,
  intervalSeconds,
  isLocalMidnight,
  type Placement,
} from './block-shape.ts';
import { blockLink, FeedLinks } from './feed-links.ts';
import type { FeedBlock, FeedEntry, FeedHandler, FeedReading, Resource } from './feed-reader.ts';
import { meaningOf, type ReadingMeaning } from './reading-type.ts';
import { esiidOfUsagePoint } from './usage-point.ts';

/** Maximum number of usage points, meter readings and reading types of a file, and of different links to them. */
const maxResources = 20_000;
/** Maximum number of interval blocks: a day each, as most feeds have them, of 5,000 meters for a year. */
const defaultMaxBlocks = 2_000_000;

type EnergyMeaning = Extract<ReadingMeaning, { kind: 'energy' }>;

/** How the readings of a block are read. */
export type BlockPlan =
  | {
      readonly kind: 'read';
      readonly esiid: string;
      readonly meaning: EnergyMeaning;
      readonly by: Placement;
    }
  | {
      readonly kind: 'reject';
      readonly reason: RejectReason;
      readonly why: string;
      readonly otherLength: string | null;
    }
  /** Readings other than energy. */
  | { readonly kind: 'other'; readonly why: string };

/** Stored for a block; equal blocks share it. */
interface SurveyedBlock {
  readonly proof: BlockProof;
  readonly by: Placement;
  readonly otherLength: string | null;
  readonly lacksLength: boolean;
}

/** Combined evidence of the blocks of one MeterReading. */
interface Evidence {
  readonly proofs: Set<BlockProof>;
  minStart: number;
  maxEnd: number;
}

/** State shared by all blocks with the same link. */
interface LinkMeaning {
  readonly meaning: ReadingMeaning;
  readonly esiid: string | null;
  readonly evidence: Evidence;
  readonly plans: Map<SurveyedBlock, BlockPlan>;
}

/** The first read of a feed: determines the reading type, usage point and clock of each block. */
export class FeedSurvey implements FeedHandler {
  readingCount = 0;
  private readonly blocks: SurveyedBlock[] = [];
  private readonly linkOfBlock: number[] = [];
  private readonly alike = new Map<string, SurveyedBlock>();
  private readonly resources: Resource[] = [];
  private readonly links = new Map<string, { readonly index: number; readonly evidence: Evidence }>();
  private shape = new BlockShape();
  private entryEvidence = newEvidence();
  private meanings: LinkMeaning[] = [];
  private readonly maxBlocks: number;

  constructor(maxBlocks = defaultMaxBlocks) {
    this.maxBlocks = maxBlocks;
  }

  reading(reading: FeedReading): void {
    this.readingCount++;
    this.shape.add(reading);
  }

  blockEnd(block: FeedBlock): void {
    const { shape } = this;
    const { proof, by } = shape.proof(block);
    const { otherLength, lacksLength } = shape;
    const name = `${proof} ${by} ${otherLength} ${lacksLength}`;
    let surveyed = this.alike.get(name);
    if (!surveyed) {
      surveyed = { proof, by, otherLength, lacksLength };
      if (this.alike.size < maxResources) this.alike.set(name, surveyed);
    }
    this.blocks.push(surveyed);
    checkCount(this.blocks.length, this.maxBlocks, 'interval blocks');
    if (shape.count > 0) addEvidence(this.entryEvidence, { proofs: new Set([proof]), ...spanOf(shape) });
    this.shape = new BlockShape();
  }

  entryEnd(entry: FeedEntry, blocks: readonly FeedBlock[], resources: readonly Resource[]): void {
    this.resources.push(...resources);
    if (blocks.length > 0) {
      const href = blockLink(entry);
      const link = this.links.get(href) ?? { index: this.links.size, evidence: newEvidence() };
      this.links.set(href, link);
      addEvidence(link.evidence, this.entryEvidence);
      for (let i = 0; i < blocks.length; i++) this.linkOfBlock.push(link.index);
      this.entryEvidence = newEvidence();
    }
    if (this.resources.length > maxResources || this.links.size > maxResources)
      throw new FileError(
        'invalid-xml',
        `The feed has more than ${maxResources} usage points, readings and types.`,
      );
  }

  /**
   * Resolves the links after the first read.
   * @throws FileError `esiid-unknown` if the ESIID of the readings is unknown
   */
  resolve(feed: FeedEntry, { esiidHint, source }: ReadingOptions): void {
    const links = new FeedLinks(this.resources);
    const evidenceOf = new Map<Resource | null, Evidence>();
    const unnamed = new Set<Resource | null | undefined>();
    let isAnyNamed = false;
    this.meanings = [...this.links].map(([href, link]) => {
      const meterReading = links.meterReadingOf(href);
      const meaning = meaningOfBlocks(links, meterReading);
      const evidence = evidenceOf.get(meterReading ?? null) ?? newEvidence();
      evidenceOf.set(meterReading ?? null, addEvidence(evidence, link.evidence));
      const usagePoint = links.usagePointOf(meterReading ?? null, href);
      const named = esiidOfUsagePoint(usagePoint ?? null, meterReading ?? null, feed);
      if (meaning.kind === 'energy') {
        if (named === null) unnamed.add(usagePoint);
        else isAnyNamed = true;
      }
      return { meaning, esiid: named ?? esiidHint, evidence, plans: new Map() };
    });
    rejectUnknownEsiid(unnamed, isAnyNamed, { esiidHint, source });
  }

  /** How the readings of a block are read. @param index the block's place in the file */
  planOf(index: number): BlockPlan {
    const block = this.blocks[index];
    const link = this.meanings[this.linkOfBlock[index] ?? -1];
    if (!block || !link) throw new Error(`The first read found no block ${index}.`);
    let plan = link.plans.get(block);
    if (!plan) {
      plan = makePlan(block, link);
      link.plans.set(block, plan);
    }
    return plan;
  }
}

function meaningOfBlocks(links: FeedLinks, meterReading: Resource | null | undefined): ReadingMeaning {
  if (meterReading === undefined)
    return { kind: 'unclear', why: 'their links lead to none, or to several, of the MeterReadings' };
  const type = links.readingTypeOf(meterReading);
  if (!type)
    return {
      kind: 'unclear',
      why: 'no link leads to exactly one ReadingType, which would say what they are',
    };
  return meaningOf(type.fields, links.readingTypeCount === 1);
}

function rejectUnknownEsiid(
  unnamed: ReadonlySet<Resource | null | undefined>,
  isAnyNamed: boolean,
  { esiidHint, source }: Pick<ReadingOptions, 'esiidHint' | 'source'>,
): void {
  if (unnamed.size === 0) return;
  if (unnamed.size > 1 || isAnyNamed)
    throw new FileError(
      'esiid-unknown',
      'The feed has several usage points, and not all of them name an ESIID in a title or link. Send them one by one, ' +
        'each with its "esiid".',
    );
  if (!esiidHint || !esiidPattern.test(esiidHint))
    throw new FileError(
      'esiid-unknown',
      `The feed names no ESIID in a title or link. ${howToGiveEsiid(source)}`,
    );
}

function makePlan({ proof, by, otherLength, lacksLength }: SurveyedBlock, link: LinkMeaning): BlockPlan {
  const { meaning, esiid, evidence } = link;
  const reject = (reason: RejectReason, why: string): BlockPlan => ({
    kind: 'reject',
    reason,
    why,
    otherLength,
  });
  if (meaning.kind === 'other') return { kind: 'other', why: meaning.why };
  if (otherLength !== null) return reject('invalid-row', `a reading is ${otherLength} seconds long, not 900`);
  if (meaning.kind === 'unclear') return reject('invalid-row', meaning.why);
  const { intervalLength } = meaning;
  if (intervalLength === null ? lacksLength : intervalLength !== intervalSeconds)
    return {
      ...reject('invalid-row', `their ReadingType says ${intervalLength ?? 'not how many'} seconds, not 900`),
      otherLength: intervalLength === null ? null : String(intervalLength),
    } as BlockPlan;
  if (esiid === null || esiid === 'several')
    return reject('invalid-esiid', 'titles and links name several ESIIDs');
  return isPlaced(proof, evidence)
    ? { kind: 'read', esiid, meaning, by }
    : reject('invalid-timestamp', faultOf(proof));
}

/**
 * Instants and labels exclude each other: of a MeterReading with both, only blocks that fill a local day are read. Readings
 * that together begin and end at midnight in Texas are evidence of instants, too.
 */
function isPlaced(proof: BlockProof, { proofs, minStart, maxEnd }: Evidence): boolean {
  if (proof === 'instants') return true;
  const spansDays = minStart < maxEnd && isLocalMidnight(minStart) && isLocalMidnight(maxEnd);
  const speaksForInstants = spansDays || proofs.has('instants');
  if (proof === 'order') return !speaksForInstants && !proofs.has('not-a-day');
  const speaksForLabels = (['order', 'not-a-day', 'goes-back'] as const).some((other) => proofs.has(other));
  return proof === 'unproven' && speaksForInstants && !speaksForLabels;
}

function faultOf(proof: BlockProof): string {
  if (proof === 'not-a-day')
    return 'the block is a day’s, and that day has not as many quarter hours as it has readings, or not these';
  if (proof === 'goes-back')
    return 'its readings go back in time, so that their starts may be labels of a clock that was set back';
  if (proof === 'order') return 'other blocks disprove that midnight UTC means midnight in Texas';
  return 'neither its start nor its readings agree with a day in Texas, so that nothing proves what their starts mean';
}

function newEvidence(): Evidence {
  return { proofs: new Set(), minStart: Infinity, maxEnd: -Infinity };
}

function addEvidence(to: Evidence, from: Evidence): Evidence {
  for (const proof of from.proofs) to.proofs.add(proof);
  to.minStart = Math.min(to.minStart, from.minStart);
  to.maxEnd = Math.max(to.maxEnd, from.maxEnd);
  return to;
}

function spanOf({ minStart, maxEnd }: BlockShape): Pick<Evidence, 'minStart' | 'maxEnd'> {
  return { minStart, maxEnd };
}
