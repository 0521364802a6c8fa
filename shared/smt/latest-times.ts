const dayMs = 86_400_000;

/** Upper bounds of the stamps and intervals of a file. */
export interface LatestTimes {
  /** ISO instant. */
  readonly revisedAt: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
}

/** The latest times of a file that was received at a time: one day later, to allow for clocks and time zones. */
export function latestTimes(receivedAt: Date): LatestTimes {
  const nextDay = new Date(receivedAt.getTime() + dayMs).toISOString();
  return { revisedAt: nextDay, date: nextDay.slice(0, 10) };
}
