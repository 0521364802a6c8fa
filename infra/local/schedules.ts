import type { ScheduleDescription } from './template/description.ts';

/** Invokes functions at the rates of the template's schedules, until stopped. */
export function startSchedules(
  schedules: readonly ScheduleDescription[],
  invokeAsync: (functionId: string, payload: unknown) => void,
): { stop(): void } {
  const timers = schedules.map(({ functionId, rateMs, payload }) =>
    setInterval(() => invokeAsync(functionId, payload), rateMs),
  );
  return {
    stop() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
