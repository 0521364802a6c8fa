/**
 * The interval clock: which 15-minute slots a civil day in America/Chicago has, by the time zone database.
 * A day has 92, 96 or 100 slots; slot k starts k × 15 minutes of elapsed time after local midnight.
 */
const timeZone = 'America/Chicago';
const minuteMs = 60_000;
export const slotMs = 15 * minuteMs;
export const minutesPerDay = 1440;

const wallFormat = new Intl.DateTimeFormat('en-US', {
  timeZone,
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
});

/** The wall clock of America/Chicago at an instant, as if it were UTC, in milliseconds. */
function wallMsAt(instantMs: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of wallFormat.formatToParts(instantMs)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function offsetMsAt(instantMs: number): number {
  return wallMsAt(instantMs) - Math.floor(instantMs / 1000) * 1000;
}

/**
 * Instants at which the wall clock of America/Chicago shows a time: none in the hour spring forward skips, two in
 * the hour fall back repeats (earlier first), one otherwise.
 * @param wallMs the wall clock as if it were UTC
 */
export function instantsOfWall(wallMs: number): number[] {
  const dayMs = minutesPerDay * minuteMs;
  const offsets = new Set([offsetMsAt(wallMs - dayMs), offsetMsAt(wallMs + dayMs)]);
  return [...offsets]
    .map((offsetMs) => wallMs - offsetMs)
    .filter((instantMs) => wallMsAt(instantMs) === wallMs)
    .sort((a, b) => a - b);
}

/** One civil day's slots. */
export interface ClockDay {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Instant of local midnight, in milliseconds. */
  readonly startMs: number;
  /** 92, 96 or 100. */
  readonly slotCount: number;
  /**
   * Slots by wall clock, in quarter hours after 00:00 (0 to 95): one, none (the hour spring forward skips), or
   * two (the hour fall back repeats). Null on a day without a clock change, where quarter k is slot k.
   */
  readonly slotsOfQuarter: readonly (readonly number[])[] | null;
}

function makeClockDay(date: string, dateMs: number): ClockDay {
  const [startMs] = instantsOfWall(dateMs);
  const [endMs] = instantsOfWall(dateMs + minutesPerDay * minuteMs);
  if (startMs === undefined || endMs === undefined)
    throw new RangeError(`${date} has no midnight in ${timeZone}`);
  const slotCount = (endMs - startMs) / slotMs;
  if (slotCount === 96) return { date, startMs, slotCount, slotsOfQuarter: null };
  const slotsOfQuarter: number[][] = Array.from({ length: 96 }, () => []);
  for (let slot = 0; slot < slotCount; slot++) {
    const quarter = (wallMsAt(startMs + slot * slotMs) - dateMs) / slotMs;
    slotsOfQuarter[quarter]?.push(slot);
  }
  return { date, startMs, slotCount, slotsOfQuarter };
}

const days = new Map<string, ClockDay>();

/**
 * The clock of a civil day.
 * @param date a valid `YYYY-MM-DD`
 */
export function clockDay(date: string): ClockDay {
  let day = days.get(date);
  if (!day) {
    if (days.size >= 5_000) days.clear();
    day = makeClockDay(date, Date.parse(`${date}T00:00:00Z`));
    days.set(date, day);
  }
  return day;
}

let latestDay: ClockDay | undefined;

/** The civil day and slot an instant falls into; slot is fractional when the instant is off the quarter hours. */
export function slotOfInstant(instantMs: number): { readonly day: ClockDay; readonly slot: number } {
  // Instants are mostly consecutive, and a lookup in the time zone database is slow.
  const isSameDay =
    latestDay &&
    instantMs >= latestDay.startMs &&
    instantMs < latestDay.startMs + latestDay.slotCount * slotMs;
  const day =
    latestDay && isSameDay ? latestDay : clockDay(new Date(wallMsAt(instantMs)).toISOString().slice(0, 10));
  latestDay = day;
  return { day, slot: (instantMs - day.startMs) / slotMs };
}

/** Days of a range of dates, both ends included. */
export function dayCount({ from, to }: { readonly from: string; readonly to: string }): number {
  return (Date.parse(to) - Date.parse(from)) / (minutesPerDay * minuteMs) + 1;
}

/** `YYYY-MM-DD` of the day before or after. */
export function addDays(date: string, count: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + count * minutesPerDay * minuteMs)
    .toISOString()
    .slice(0, 10);
}
