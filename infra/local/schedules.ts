import type { ScheduleDescription } from './template/description.ts';

/** Invokes functions at the rates of the template's schedules, until stopped. */
export function startSchedules(
  schedules: readonly ScheduleDescription[],
  invoke: (schedule: ScheduleDescription) => void,
): { stop(): void } {
  const timers = schedules.map((schedule) => setInterval(() => invoke(schedule), schedule.rateMs));
  return {
    stop() {
      for (const timer of timers) clearInterval(timer);
    },
  };
}
