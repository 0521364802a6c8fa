const dayMs = 86_400_000;

/** No stamp and no interval of a file can lie later than this. */
export interface LatestTimes {
  /** ISO instant. */
  readonly revisedAt: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
}

/** The latest times of a file that was received at a time: a day later, whatever clocks and time zones are in between. */
export function latestTimes(receivedAt: Date): LatestTimes {
  const nextDay = new Date(receivedAt.getTime() + dayMs).toISOString();
  return { revisedAt: nextDay, date: nextDay.slice(0, 10) };
}
