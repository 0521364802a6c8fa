import { BlockFiller } from '../block-filler.ts';
import type { Form, MemberHead } from '../form.ts';
import type { MemberReading } from '../member-reading.ts';
import { noReadings } from '../no-readings.ts';
import { decodeText } from '../text.ts';
import { ApiDailyReads } from './api-daily-reads.ts';
import { ApiIntervals } from './api-intervals.ts';
import { EsiidOfObjects } from './esiid-of-objects.ts';
import type { JsonObject } from './json-object.ts';
import { JsonReader } from './json-reader.ts';
import { OtherObjects } from './other-objects.ts';
import { PortalIntervals } from './portal-intervals.ts';

/** Daily reads of the official API. */
const dailyReadsJson: Form = {
  kind: 'daily',
  recognizes: (head) =>
    isJson(head) &&
    /"registeredReads"\s*:/i.test(head.text) &&
    !/"(?:energyData|intervaldata)"\s*:/i.test(head.text),
  read: (bytes, reading) => new JsonFile(reading).read(bytes),
};

/** JSON with intervals: responses of the official API or of the portal. */
const intervalJson: Form = {
  kind: 'interval',
  recognizes: isJson,
  read: (bytes, reading) => new JsonFile(reading).read(bytes),
};

/** The forms that are JSON: one response, a list of them, or one a line; of intervals, of reads, or of both. */
export const jsonForms: readonly Form[] = [dailyReadsJson, intervalJson];

function isJson({ text }: MemberHead): boolean {
  return /^\s*(?:\{\s*(?:["}]|$)|\[\s*(?:[{[\]]|$))/.test(text);
}

/** Lists whose objects hold readings, with their energy fields. */
const lists: ReadonlyMap<string | null, ReadonlySet<string>> = new Map([
  ['energydata', new Set(['rd'])],
  ['intervaldata', new Set(['consumption', 'generation'])],
  ['registeredreads', new Set(['energydatakwh'])],
]);
const noFields: ReadonlySet<string> = new Set();

/** Reads the objects of a JSON file, each by the list it is in. */
class JsonFile {
  private readonly reading: MemberReading;
  private readonly filler: BlockFiller;
  private readonly api: ApiIntervals;
  private readonly portal: PortalIntervals;
  private readonly dailyReads: ApiDailyReads;
  private readonly owned: EsiidOfObjects;
  private readonly others = new OtherObjects();
  private isListSeen = false;
  private isPortal = false;

  constructor(reading: MemberReading) {
    this.reading = reading;
    this.filler = new BlockFiller(reading);
    this.api = new ApiIntervals(reading, this.filler);
    this.portal = new PortalIntervals(reading, this.filler);
    this.dailyReads = new ApiDailyReads(reading);
    this.owned = new EsiidOfObjects(reading, (object, esiid) => {
      if (object.list === 'energydata') this.api.read(object, esiid);
      else if (object.list === 'intervaldata') this.portal.read(object, esiid);
      else this.dailyReads.read(object, esiid);
    });
  }

  /** Reads the file to its end. */
  async read(bytes: AsyncIterable<Buffer>): Promise<void> {
    const json = new JsonReader((object) => this.take(object));
    try {
      for await (const chunk of decodeText(bytes)) {
        json.write(chunk);
        await this.reading.flush();
      }
      json.end();
      this.owned.finish();
    } finally {
      this.portal.releaseHeld(); // so that the counts of an incomplete file add up
    }
    this.filler.finish();
    this.api.finish();
    this.dailyReads.finish();
    this.reading.isSelfContained =
      this.owned.areAllNamed && this.api.areAllStamped && this.dailyReads.areAllStamped && !this.isPortal;
    await this.reading.flush();
    this.rejectNoReadings();
  }

  private take(object: JsonObject): void {
    const energyFields = lists.get(object.list);
    if (energyFields) {
      if (object.list === 'intervaldata') this.isPortal = true;
      this.others.checkEnergy(object, energyFields);
      this.owned.take(object);
      return;
    }
    for (const list of lists.keys()) if (list !== null && object.fields.has(list)) this.isListSeen = true;
    this.owned.end(object);
    this.others.checkEnergy(object, noFields);
    this.others.take(object);
  }

  private rejectNoReadings(): void {
    this.others.reject(this.isListSeen);
    this.portal.rejectOtherLength();
    const { counts } = this.reading.tally;
    if (counts.intervalsRead + counts.dailyReadsRead === 0)
      throw noReadings('The JSON is of a known form', counts);
  }
}
