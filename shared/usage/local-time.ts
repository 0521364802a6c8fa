import { addDays, type ClockDay, clockDay, slotMs, slotOfInstant } from '../intervals/clock.ts';

/**
 * A function that writes instants as local time of America/Chicago with its offset: `2022-11-06T01:30:00-06:00` names one
 * instant, in the hour that fall back repeats too. Fast for instants in order: the time zone is looked up once per day.
 */
export function localTimeWriter(): (instantMs: number) => string {
  let day: ClockDay | undefined;
  let labels: readonly string[] = [];
  return (instantMs) => {
    let slot = day === undefined ? -1 : (instantMs - day.startMs) / slotMs;
    if (day === undefined || slot < 0 || slot >= day.slotCount) {
      ({ day, slot } = slotOfInstant(instantMs));
      labels = slotStarts(day);
    }
    return labels[slot] ?? new Date(instantMs).toISOString();
  };
}

/** The start of every slot of a day, in local time with its offset. */
export function slotStarts(day: ClockDay): readonly string[] {
  const quarters = quartersOfSlots(day);
  const midnightAsUtcMs = Date.parse(`${day.date}T00:00:00Z`);
  return quarters.map((quarter, slot) => {
    const offsetMinutes = (midnightAsUtcMs - day.startMs) / 60_000 + (quarter - slot) * 15;
    const hour = Math.floor(quarter / 4);
    return `${day.date}T${two(hour)}:${two((quarter % 4) * 15)}:00${offset(offsetMinutes)}`;
  });
}

/** For each slot of a day the quarter hour (0 to 95) that the wall clock shows at its start. */
export function quartersOfSlots({ slotCount, slotsOfQuarter }: ClockDay): readonly number[] {
  const quarters = Array.from({ length: slotCount }, (_, slot) => slot);
  slotsOfQuarter?.forEach((slots, quarter) => {
    for (const slot of slots) quarters[slot] = quarter;
  });
  return quarters;
}

/** Every date from the first to the last, both included. */
export function datesBetween(from: string, to: string): readonly string[] {
  const dates: string[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) dates.push(date);
  return dates;
}

/** Slots of all the days from the first to the last, both included. */
export function slotCountBetween(from: string, to: string): number {
  return datesBetween(from, to).reduce((sum, date) => sum + clockDay(date).slotCount, 0);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function offset(minutes: number): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
