import type { Form, MemberHead } from '../form.ts';
import type { MemberReading } from '../member-reading.ts';
import { noReadings } from '../no-readings.ts';
import { decodeText } from '../text.ts';
import { ApiIntervals } from './api-intervals.ts';
import { JsonReader } from './json-reader.ts';
import { OtherObjects } from './other-objects.ts';

/** JSON with intervals: the official API's responses, one, a list of them, or one a line. */
export const intervalJson: Form = {
  kind: 'interval',
  recognizes: isJson,
  read: readJson,
};

function isJson({ text }: MemberHead): boolean {
  return /^\s*(?:\{\s*(?:["}]|$)|\[\s*(?:[{[\]]|$))/.test(text);
}

async function readJson(bytes: AsyncIterable<Buffer>, reading: MemberReading): Promise<void> {
  const intervals = new ApiIntervals(reading);
  const others = new OtherObjects();
  let isIntervalSeen = false;
  const json = new JsonReader((object) => {
    if (object.fields.has('energydata')) isIntervalSeen = true;
    if (object.list !== 'energydata') others.take(object);
    intervals.take(object);
  });
  for await (const chunk of decodeText(bytes)) {
    json.write(chunk);
    await reading.flush();
  }
  json.end();
  intervals.finish();
  await reading.flush();
  others.refuse(isIntervalSeen);
  if (reading.tally.counts.intervalsRead === 0)
    throw noReadings('The JSON is of a known form', reading.tally.counts);
}
