import { FileError } from '../../archive/file-error.ts';
import { BlockFiller } from '../block-filler.ts';
import type { Form, MemberHead } from '../form.ts';
import type { MemberReading } from '../member-reading.ts';
import { noReadings } from '../no-readings.ts';
import { FeedIntervals } from './feed-intervals.ts';
import { type FeedHandler, FeedReader } from './feed-reader.ts';
import { FeedSurvey } from './feed-survey.ts';
import { readXml } from './xml-reader.ts';

/** Green Button: ESPI resources, with or without an Atom feed around them. */
export const greenButton: Form = {
  kind: 'interval',
  recognizes: ({ text }: MemberHead) => /^\s*<(?:\?xml\s|!--|!DOCTYPE\s|[A-Za-z_])/.test(text),
  read: readGreenButton,
};

/** A feed is read twice: the reading type may follow a block's readings, and only complete blocks show their clock. */
async function readGreenButton(bytes: AsyncIterable<Buffer>, reading: MemberReading): Promise<void> {
  const survey = new FeedSurvey();
  const surveyed = await readFeed(bytes, survey, async () => {});
  rejectNoIntervals(surveyed, survey.readingCount);
  survey.resolve(surveyed.feed, reading.options);
  const filler = new BlockFiller(reading);
  const intervals = new FeedIntervals(survey, reading, filler);
  await readFeed(bytes, intervals, () => reading.flush());
  filler.finish();
  await reading.flush();
  if (reading.tally.counts.intervalsRead > 0) return;
  if (intervals.otherLength !== null)
    throw new FileError(
      'not-15-minute',
      `The readings are ${intervals.otherLength} seconds long, not 900. Send the 15-minute file.`,
    );
  const found = intervals.otherWhy
    ? `The feed's readings are no energy: ${intervals.otherWhy}`
    : 'The feed has readings';
  throw noReadings(found, reading.tally.counts);
}

async function readFeed(
  bytes: AsyncIterable<Buffer>,
  handler: FeedHandler,
  flush: () => Promise<void>,
): Promise<FeedReader> {
  const feed = new FeedReader(handler);
  await readXml(bytes, feed, flush);
  feed.finish();
  return feed;
}

/** @throws FileError `unknown-xml`, `no-usable-rows` */
function rejectNoIntervals(feed: FeedReader, readingCount: number): void {
  if (readingCount > 0) return;
  if (!feed.hasResources)
    throw new FileError(
      'unknown-xml',
      `The XML is not a Green Button feed: its first element is <${feed.root?.slice(0, 100)}>, and it has no ESPI elements.`,
    );
  const found = feed.blockCount
    ? `${feed.blockCount} blocks with an interval and without readings`
    : feed.hasSummaries
      ? 'billing summaries and no intervals'
      : 'no intervals';
  throw new FileError('no-usable-rows', `The Green Button feed holds ${found}.`);
}
