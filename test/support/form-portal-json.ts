import { momentsOf, type Reading } from './smt-meter.ts';

/** ` 12:15 am`, as the portal labels a time of day. */
function label(minutes: number): string {
  const hour = Math.floor(minutes / 60) % 24;
  const minute = String(minutes % 60).padStart(2, '0');
  return ` ${hour % 12 || 12}:${minute} ${hour < 12 ? 'am' : 'pm'}`;
}

/**
 * A response of the portal about one meter: consumption and generation beside each other, no ESIID, no stamp. Its labels
 * follow the CSV's: the repeated hour begins with 2:00 to 1:15, the hour that does not exist is there, without values.
 */
export function portalResponse(readings: readonly Reading[]): string {
  const values = new Map(readings.map((reading) => [`${reading.channel} ${reading.startMs}`, reading]));
  const hasGeneration = readings.some(({ channel }) => channel === 'generation');
  const value = (channel: string, startMs: number): object => {
    const reading = values.get(`${channel} ${startMs}`);
    const isBlank = !reading || reading.milliKwh === null;
    return {
      [channel]: isBlank ? 0 : (reading.milliKwh ?? 0) / 1000,
      [`${channel}_est_act`]: isBlank ? null : reading.estimated ? 'E' : 'A',
    };
  };
  const intervaldata = [...new Set(readings.map(({ date }) => date))].flatMap((date) => {
    let previousEnd = 0;
    return momentsOf(date).flatMap(({ startMs, wallMinutes }) => {
      const elements: object[] = [];
      const element = (start: number, end: number, values: object): void => {
        elements.push({ date, starttime: label(start), endtime: label(end), ...values });
      };
      const nothing = { ...value('consumption', 0), ...value('generation', 0) };
      if (wallMinutes > previousEnd)
        for (let at = previousEnd; at < wallMinutes; at += 15) element(at, at + 15, nothing);
      const start = Math.max(wallMinutes, previousEnd);
      element(start, wallMinutes + 15, { ...value('consumption', startMs), ...value('generation', startMs) });
      previousEnd = wallMinutes + 15;
      return elements;
    });
  });
  return JSON.stringify({ intervaldata, generationFlag: hasGeneration });
}
