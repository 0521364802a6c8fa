import { type Day, usDate } from './days.ts';
import type { Random } from './random.ts';
import { type DayReadings, esiids, stampOf } from './readings.ts';

/** A daily register read of a planned file. */
export interface PlannedRead {
  readonly esiid: string;
  readonly channel: DayReadings['channel'];
  readonly day: Day;
  /** Days after the day itself on which it was stamped. */
  readonly stampedAfterDays: number;
  readonly milliKwh: number;
}

/** Reads of different meter-days: most of them are the sum of a known day, so that some days agree. */
export function randomReads(random: Random, known: readonly DayReadings[], count: number): PlannedRead[] {
  const reads = random.list(count, () => randomRead(random, random.pick(known)));
  return [...new Map(reads.map((read) => [meterDayOf(read), read])).values()];
}

function randomRead(random: Random, { esiid, channel, day, slots }: DayReadings): PlannedRead {
  const sum = slots.reduce((total, slot) => total + (slot?.milliKwh ?? 0), 0);
  return {
    ...{ esiid, channel, day },
    stampedAfterDays: random.int(1, 3),
    milliKwh: random.chance(0.7) ? sum : sum + random.int(1, 5_000),
  };
}

export function meterDayOf({ esiid, channel, day }: Pick<PlannedRead, 'esiid' | 'channel' | 'day'>): string {
  return `${esiid} ${channel} ${day.date}`;
}

/** SMT's report of daily reads. */
export function renderDailyReads(reads: readonly PlannedRead[]): string {
  const rows = reads.map((read) =>
    [
      ...[
        `'${read.esiid}`,
        usDate(read.day.date),
        stampOf(read),
        '1000',
        (1000 + read.milliKwh / 1000).toFixed(3),
      ],
      ...[
        (read.milliKwh / 1000).toFixed(3),
        read.channel === 'consumption' ? 'Consumption' : 'Surplus Generation',
      ],
    ].join(','),
  );
  const header =
    'ESIID,USAGE_DATE,REVISION_DATE,START_READING,END_READING,USAGE_KWH,CONSUMPTION_SURPLUSGENERATION';
  return [header, ...rows, ''].join('\n');
}

/** SMT's report of billed periods: a month for each ESIID. */
export function renderMonthlyReads(random: Random): { readonly text: string; readonly rowCount: number } {
  const rows = esiids.map(
    (esiid) => `'${esiid},01/05/2023,02/05/2023,02/07/2023 06:18:33,${random.int(100, 2_000)},Consumption`,
  );
  const header = 'ESIID,START_DATE,END_DATE,REVISION_DATE,ACTUAL_KWH,CONSUMPTION_SURPLUSGENERATION';
  return { text: [header, ...rows, ''].join('\n'), rowCount: rows.length };
}
