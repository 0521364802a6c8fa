import type { BlockKey } from '../../intervals/block-assembler.ts';
import { clockDay, slotOfInstant } from '../../intervals/clock.ts';
import { parseKwh } from '../../intervals/kwh.ts';
import type { RejectReason } from '../../intervals/row-counts.ts';
import type { BlockFiller } from '../block-filler.ts';
import { type LatestTimes, latestTimes } from '../latest-times.ts';
import type { MemberReading } from '../member-reading.ts';
import { dateOfLabel, secondsOf } from './block-shape.ts';
import type { FeedBlock, FeedHandler, FeedReading } from './feed-reader.ts';
import type { BlockPlan, FeedSurvey } from './feed-survey.ts';
import { shifted } from './reading-type.ts';

/** ESPI's qualities of a reading: 8 and 9 are estimates; forecasts and weather-normalized values are not readings. */
const estimatedQualities: ReadonlySet<string> = new Set(['8', '9']);
const noReadingQualities: ReadonlySet<string> = new Set(['12', '15']);

interface ReadingPlace {
  readonly day: BlockKey['day'];
  readonly slot: number;
}

type ReadPlan = Extract<BlockPlan, { kind: 'read' }>;

/** The second read of a feed: puts each reading into the slot that {@link FeedSurvey} determined. An IntervalReading is a row. */
export class FeedIntervals implements FeedHandler {
  /** Why readings other than energy were skipped. */
  otherWhy: string | null = null;
  /** Length in seconds of readings that are not quarter hours. */
  otherLength: string | null = null;
  private readonly survey: FeedSurvey;
  private readonly member: MemberReading;
  private readonly filler: BlockFiller;
  private readonly latest: LatestTimes;
  private block: FeedBlock | null = null;
  private plan: BlockPlan | null = null;
  private date: string | null = null;
  private readingsOfBlock = 0;

  constructor(survey: FeedSurvey, reading: MemberReading, filler: BlockFiller) {
    this.survey = survey;
    this.member = reading;
    this.filler = filler;
    this.latest = latestTimes(reading.options.receivedAt);
  }

  reading(reading: FeedReading, block: FeedBlock): void {
    if (this.block !== block) this.begin(block, reading);
    const index = this.readingsOfBlock++;
    const { plan } = this;
    if (plan?.kind !== 'read') return;
    this.member.tally.counts.rowsRead++;
    const place = plan.by === 'instants' ? placeByInstant(reading) : this.placeInDay(index, plan.by);
    if (place === 'nonexistent') this.member.tally.counts.nonexistentHour++;
    else if (!place) this.reject(reading, 'invalid-timestamp');
    else if (place.day.date > this.latest.date) this.reject(reading, 'future-date');
    else this.resolve(reading, plan, place);
  }

  blockEnd(block: FeedBlock): void {
    const { plan } = this;
    if (this.block !== block || plan?.kind !== 'reject') return;
    const { tally } = this.member;
    tally.counts.rowsRead += this.readingsOfBlock;
    const text = `IntervalBlock with start ${block.start ?? 'missing'} and ${this.readingsOfBlock} readings: ${plan.why}`;
    tally.reject(plan.reason, block.line, text, this.readingsOfBlock);
    this.otherLength ??= plan.otherLength;
  }

  entryEnd(): void {}

  private begin(block: FeedBlock, first: FeedReading): void {
    this.block = block;
    this.readingsOfBlock = 0;
    this.plan = this.survey.planOf(block.index);
    if (this.plan.kind === 'other') this.otherWhy ??= this.plan.why;
    const start = secondsOf(first.start) ?? secondsOf(block.start);
    this.date = dateOfLabel(start) ?? (start === null ? null : slotOfInstant(start * 1000).day.date);
  }

  /** @returns `nonexistent` for a quarter of the clock that the day skips, which has no value: {@link BlockShape} */
  private placeInDay(index: number, by: 'order' | 'clock'): ReadingPlace | 'nonexistent' | null {
    if (this.date === null) return null;
    const day = clockDay(this.date);
    const slot = by === 'clock' && day.slotsOfQuarter ? day.slotsOfQuarter[index]?.[0] : index;
    return slot === undefined ? 'nonexistent' : { day, slot };
  }

  private resolve(reading: FeedReading, { esiid, meaning }: ReadPlan, place: ReadingPlace): void {
    const key = { esiid, channel: meaning.channel, day: place.day, revisedAt: null };
    const { value, quality } = reading;
    if (value === null || value === '') {
      this.filler.skip(key);
      this.member.tally.counts.missingKwh++;
      return;
    }
    const kwh = /^\d{1,15}(?:\.\d{1,15})?$/.test(value) ? parseKwh(shifted(value, meaning.exponent)) : null;
    if (kwh !== null && !noReadingQualities.has(quality ?? '')) {
      this.filler.place(key, place.slot, kwh, estimatedQualities.has(quality ?? ''));
      return;
    }
    this.filler.skip(key);
    this.reject(reading, kwh === null ? 'invalid-kwh' : 'invalid-row');
  }

  private reject({ start, value, quality, line }: FeedReading, reason: RejectReason): void {
    const shown = (text: string | null): string => JSON.stringify(text?.slice(0, 40) ?? null);
    const text = `IntervalReading with start ${shown(start)}, value ${shown(value)}, quality ${shown(quality)}`;
    this.member.tally.reject(reason, line, text);
  }
}

function placeByInstant({ start }: FeedReading): ReadingPlace | null {
  const seconds = secondsOf(start);
  if (seconds === null) return null;
  const place = slotOfInstant(seconds * 1000);
  return Number.isInteger(place.slot) ? place : null;
}
