import { momentsOf, type Reading } from './smt-meter.ts';

/** `0.145`, `3`: the API writes no padding zeros. */
function kwh(milliKwh: number): string {
  return String(milliKwh / 1000);
}

function usDate(date: string): string {
  const [year, month, day] = date.split('-');
  return `${month}/${day}/${year}`;
}

/** The raster of a day: by what the clock showed, the second pass through an hour in fields 8 to 11. */
export function rasterOf(readings: readonly Reading[]): string[] {
  const raster = new Array<string>(100).fill('');
  const seen = new Set<number>();
  const [first] = readings;
  const given = new Map(readings.map((reading) => [reading.startMs, reading]));
  for (const { startMs, wallMinutes } of momentsOf(first?.date ?? '')) {
    const isSecond = seen.has(wallMinutes);
    seen.add(wallMinutes);
    const quarter = wallMinutes / 15;
    const position = isSecond ? quarter + 4 : quarter < 8 ? quarter : quarter + 4;
    const reading = given.get(startMs);
    if (reading && reading.milliKwh !== null)
      raster[position] = `${kwh(reading.milliKwh)}-${reading.estimated ? 'E' : 'A'}`;
  }
  return raster;
}

/** An object of `energyData`. */
export function apiDay(readings: readonly Reading[]): Record<'DT' | 'RevTS' | 'RT' | 'RD', string> {
  const [first] = readings;
  if (!first) throw new Error('A day has readings.');
  const [revisionDate = '', revisionTime = ''] = first.revision.split(' ');
  return {
    DT: usDate(first.date),
    RevTS: `${usDate(revisionDate)} ${revisionTime}:00`,
    RT: first.channel === 'consumption' ? 'C' : 'G',
    RD: rasterOf(readings).join(','),
  };
}

/** Responses of the official API: an object for each ESIID. */
function apiResponses(readings: readonly Reading[]): object[] {
  return [...Map.groupBy(readings, ({ esiid }) => esiid)].map(([esiid, ofMeter]) => ({
    trans_id: `T${esiid.slice(-3)}`,
    esiid,
    energyData: [
      ...Map.groupBy(ofMeter, ({ channel, date, revision }) => `${channel} ${date} ${revision}`).values(),
    ].map(apiDay),
  }));
}

/** Ways to write responses down. */
export const apiFiles: Readonly<Record<string, (readings: readonly Reading[]) => string>> = {
  'an array of objects': (readings) => JSON.stringify(apiResponses(readings)),
  'an object a line': (readings) =>
    apiResponses(readings)
      .map((response) => `${JSON.stringify(response)}\n`)
      .join(''),
  'pretty-printed': (readings) => JSON.stringify(apiResponses(readings), null, 2),
  'the ESIID after its days': (readings) =>
    JSON.stringify(
      apiResponses(readings).map((response) => Object.fromEntries(Object.entries(response).reverse())),
    ),
  'wrapped in another object': (readings) =>
    apiResponses(readings)
      .map((response) => JSON.stringify({ data: response, status: 200 }))
      .join('\r\n'),
};
