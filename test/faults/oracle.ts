import { slotStartMs } from './days.ts';
import type { DayReadings, Reading } from './readings.ts';

/** A set of readings that was loaded, and S3's time for it: the revision of what carries no stamp. */
export interface LoadedFile {
  readonly blocks: readonly DayReadings[];
  readonly receivedAtMs: number;
}

/** Intervals by `esiid channel start`, each as `kWh in thousandths` and `A` or `E`. */
export type Intervals = ReadonlyMap<string, string>;

export function intervalKey(esiid: string, channel: string, startMs: number): string {
  return `${esiid} ${channel} ${new Date(startMs).toISOString()}`;
}

export function intervalValue(milliKwh: number, estimated: boolean): string {
  return `${milliKwh} ${estimated ? 'E' : 'A'}`;
}

/**
 * What the database has to hold after these files, in any order of arrival: for each slot the greatest of revision,
 * actual over estimated, and kWh. Knows nothing of the program but that rule.
 */
export function expectedIntervals(files: readonly LoadedFile[]): Intervals {
  const winners = new Map<string, { readonly reading: Reading; readonly revisedMs: number }>();
  for (const { blocks, receivedAtMs } of files) {
    for (const block of blocks) {
      const revisedMs = revisedMsOf(block) ?? receivedAtMs;
      block.slots.forEach((reading, slot) => {
        if (!reading) return;
        const key = intervalKey(block.esiid, block.channel, slotStartMs(block.day, slot));
        const held = winners.get(key);
        const candidate = { reading, revisedMs };
        if (!held || isGreater(candidate, held)) winners.set(key, candidate);
      });
    }
  }
  return new Map(
    [...winners].map(([key, { reading }]) => [key, intervalValue(reading.milliKwh, reading.estimated)]),
  );
}

type Candidate = { readonly reading: Reading; readonly revisedMs: number };

function isGreater(a: Candidate, b: Candidate): boolean {
  if (a.revisedMs !== b.revisedMs) return a.revisedMs > b.revisedMs;
  if (a.reading.estimated !== b.reading.estimated) return b.reading.estimated;
  return a.reading.milliKwh > b.reading.milliKwh;
}

/** Stamps are hours away from every clock change, so any fixed offset orders them. */
function revisedMsOf({ day, stampedAfterDays }: DayReadings): number | null {
  if (stampedAfterDays === null) return null;
  return Date.parse(`${day.date}T12:18:33Z`) + stampedAfterDays * 86_400_000;
}
