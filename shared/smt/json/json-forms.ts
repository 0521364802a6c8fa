import { BlockFiller } from '../block-filler.ts';
import type { Form, MemberHead } from '../form.ts';
import type { MemberReading } from '../member-reading.ts';
import { noReadings } from '../no-readings.ts';
import { decodeText } from '../text.ts';
import { ApiIntervals } from './api-intervals.ts';
import { EsiidOfObjects } from './esiid-of-objects.ts';
import type { JsonObject } from './json-object.ts';
import { JsonReader } from './json-reader.ts';
import { OtherObjects } from './other-objects.ts';
import { PortalIntervals } from './portal-intervals.ts';

/** JSON with intervals: responses of the official API or of the portal, one, a list of them, or one a line. */
export const intervalJson: Form = {
  kind: 'interval',
  recognizes: isJson,
  read: (bytes, reading) => new JsonFile(reading).read(bytes),
};

function isJson({ text }: MemberHead): boolean {
  return /^\s*(?:\{\s*(?:["}]|$)|\[\s*(?:[{[\]]|$))/.test(text);
}

/** Reads the objects of a JSON file, each by the list that it stands in. */
class JsonFile {
  private readonly reading: MemberReading;
  private readonly filler: BlockFiller;
  private readonly api: ApiIntervals;
  private readonly portal: PortalIntervals;
  private readonly owned: EsiidOfObjects;
  private readonly others = new OtherObjects();
  private isListSeen = false;
  private isPortal = false;

  constructor(reading: MemberReading) {
    this.reading = reading;
    this.filler = new BlockFiller(reading);
    this.api = new ApiIntervals(reading, this.filler);
    this.portal = new PortalIntervals(reading, this.filler);
    this.owned = new EsiidOfObjects(reading, (object, esiid) => {
      if (object.list === 'energydata') this.api.read(object, esiid);
      else this.portal.read(object, esiid);
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
      this.portal.releaseHeld(); // so that the counts of a file that breaks off add up
    }
    this.filler.finish();
    this.reading.isSelfContained = this.owned.areAllNamed && this.api.areAllStamped && !this.isPortal;
    await this.reading.flush();
    this.others.refuse(this.isListSeen);
    this.portal.refuseOtherLength();
    const { counts } = this.reading.tally;
    if (counts.intervalsRead === 0) throw noReadings('The JSON is of a known form', counts);
  }

  private take(object: JsonObject): void {
    if (object.list === 'energydata' || object.list === 'intervaldata') {
      if (object.list === 'intervaldata') this.isPortal = true;
      this.owned.take(object);
      return;
    }
    if (object.fields.has('energydata') || object.fields.has('intervaldata')) this.isListSeen = true;
    this.owned.end(object);
    this.others.take(object);
  }
}
