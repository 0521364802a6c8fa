import type { Channel } from '../../shared/intervals/block.ts';

/**
 * Readings as the meter took them, written from the specification of the files and not from the code that reads them: a
 * reading is an instant and a value, and its labels are what a clock in Texas showed at that instant.
 */
export interface Reading {
  readonly esiid: string;
  readonly channel: Channel;
  /** Civil date in Texas, `YYYY-MM-DD`. */
  readonly date: string;
  /** Start of the interval. */
  readonly startMs: number;
  /** What the clock showed then, in minutes after 00:00. */
  readonly wallMinutes: number;
  /** `CDT` or `CST`. */
  readonly zone: 'CDT' | 'CST';
  /** Thousandths of a kWh; null for a blank. */
  readonly milliKwh: number | null;
  readonly estimated: boolean;
  /** Civil time in Texas, to the minute, `YYYY-MM-DD HH:MM`. */
  readonly revision: string;
}

const quarterMs = 15 * 60_000;
const clock = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'America/Chicago',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
});

interface ClockTime {
  readonly date: string;
  readonly minutes: number;
  readonly zone: 'CDT' | 'CST';
}

const clockTimes = new Map<number, ClockTime>();

/** What a clock in Texas shows at an instant. */
export function clockAt(instantMs: number): ClockTime {
  let shown = clockTimes.get(instantMs);
  if (!shown) {
    shown = lookUpClock(instantMs);
    clockTimes.set(instantMs, shown);
  }
  return shown;
}

function lookUpClock(instantMs: number): ClockTime {
  const part = Object.fromEntries(clock.formatToParts(instantMs).map(({ type, value }) => [type, value]));
  const minutes = Number(part.hour) * 60 + Number(part.minute);
  return {
    date: `${part.year}-${part.month}-${part.day}`,
    minutes,
    zone: part.timeZoneName === 'CDT' ? 'CDT' : 'CST',
  };
}

export type Moment = Pick<Reading, 'startMs' | 'wallMinutes' | 'zone'>;

const momentsOfDate = new Map<string, readonly Moment[]>();

/** The quarter hours of a civil day in Texas, found by looking at the clock every 15 minutes. */
export function momentsOf(date: string): readonly Moment[] {
  let moments = momentsOfDate.get(date);
  if (!moments) {
    const noonMs = Date.parse(`${date}T18:00:00Z`);
    const around = Array.from({ length: 4 * 30 }, (_, i) => noonMs + (i - 60) * quarterMs);
    moments = around.flatMap((startMs) => {
      const shown = clockAt(startMs);
      return shown.date === date ? [{ startMs, wallMinutes: shown.minutes, zone: shown.zone }] : [];
    });
    momentsOfDate.set(date, moments);
  }
  return moments;
}

export function addDays(date: string, count: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + count * 86_400_000).toISOString().slice(0, 10);
}

/** Dates from the first on. */
export function dates(first: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => addDays(first, i));
}

export interface MeterDay {
  readonly esiid?: string;
  readonly channel?: Channel;
  readonly date: string;
  readonly revision?: string;
  /** Thousandths of a kWh of each slot. */
  readonly milliKwh?: (slot: number) => number | null;
  readonly estimated?: (slot: number) => boolean;
}

export const esiid = '10443720000000001';
export const otherEsiid = '1008901000000000000002';

/** The readings of a meter-day: every slot, in order. */
export function meterDay(day: MeterDay): Reading[] {
  const { date } = day;
  return momentsOf(date).map((moment, slot) => ({
    ...moment,
    esiid: day.esiid ?? esiid,
    channel: day.channel ?? 'consumption',
    date,
    milliKwh: day.milliKwh ? day.milliKwh(slot) : slot + 1,
    estimated: day.estimated?.(slot) ?? false,
    revision: day.revision ?? `${addDays(date, 1)} 06:18`,
  }));
}

/** `0.145`, canonical. */
export function kwhText(milliKwh: number): string {
  return String(milliKwh / 1000);
}
