import { addDays, slotOfInstant } from '../../shared/intervals/clock.ts';

/** The usage date, in Texas, some days before today's. Counted in days: a day of a clock change is not 24 hours. */
export function daysAgo(days: number): string {
  return addDays(slotOfInstant(Date.now()).day.date, -days);
}
