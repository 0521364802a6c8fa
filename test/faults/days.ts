/**
 * A few days of Texas, with what the clock did on them written down by hand: the oracle must not learn it from the code
 * it checks.
 */
export interface Day {
  readonly date: string;
  /** UTC hour of local midnight: 6 in winter, 5 in summer. */
  readonly midnightHour: 5 | 6;
  readonly slotCount: 92 | 96 | 100;
}

export const days: readonly Day[] = [
  { date: '2022-03-13', midnightHour: 6, slotCount: 92 },
  { date: '2022-11-06', midnightHour: 5, slotCount: 100 },
  { date: '2023-01-15', midnightHour: 6, slotCount: 96 },
  { date: '2023-01-16', midnightHour: 6, slotCount: 96 },
  { date: '2023-07-04', midnightHour: 5, slotCount: 96 },
  { date: '2023-07-05', midnightHour: 5, slotCount: 96 },
];

/** Two hundred days in a row, all of them in summer time: for files that are large. */
export const longSummer: readonly Day[] = Array.from({ length: 200 }, (_, index) => ({
  date: new Date(Date.UTC(2021, 2, 15 + index)).toISOString().slice(0, 10),
  midnightHour: 5,
  slotCount: 96,
}));

const quarterMs = 900_000;

/** Start of a slot, in milliseconds since 1970. */
export function slotStartMs({ date, midnightHour }: Day, slot: number): number {
  return Date.parse(`${date}T0${midnightHour}:00:00Z`) + slot * quarterMs;
}

export type Labels = readonly [start: string, end: string];

/** The labels SMT writes on a day's rows, by slot. */
export function labelsOf({ slotCount }: Day): readonly Labels[] {
  const wall = Array.from({ length: 96 }, (_, quarter): Labels => [label(quarter), label(quarter + 1)]);
  if (slotCount === 92) return [...wall.slice(0, 8), ...wall.slice(12)];
  if (slotCount === 96) return wall;
  // In the repeated hour, the first start label is wrong in every file SMT delivers.
  return [...wall.slice(0, 8), ['02:00', '01:15'], ...wall.slice(5, 8), ...wall.slice(8)];
}

/** The labels of the hour that spring forward skips. */
export const skippedHour: readonly Labels[] = [8, 9, 10, 11].map((quarter) => [
  label(quarter),
  label(quarter + 1),
]);

function label(quarter: number): string {
  const minutes = (quarter % 96) * 15;
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

/** `MM/DD/YYYY`. */
export function usDate(date: string): string {
  const [year, month, day] = date.split('-');
  return `${month}/${day}/${year}`;
}
