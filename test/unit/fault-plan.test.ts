import { describe, expect, test } from 'vitest';
import { expectedIntervals } from '../faults/oracle.ts';
import { makePlan } from '../faults/plan.ts';
import type { DayReadings } from '../faults/readings.ts';

describe('the plan of a fault run', () => {
  test('follows from its seed, to the byte', () => {
    expect(makePlan(7)).toEqual(makePlan(7));
    expect(makePlan(7)).not.toEqual(makePlan(8));
  });

  test('covers every kind of file and of fault in the first seeds', () => {
    const plans = Array.from({ length: 60 }, (_, index) => makePlan(index + 1));

    expect(new Set(plans.flatMap(({ uploads }) => uploads.map(({ file }) => file.kind))).size).toBe(14);
    expect(new Set(plans.flatMap(({ timedFaults }) => timedFaults.map(({ kind }) => kind))).size).toBe(13);
    expect(new Set(plans.flatMap(({ stepFaults }) => stepFaults.map(({ step }) => step))).size).toBe(17);
  });
});

describe('the oracle', () => {
  const day = { date: '2023-07-04', midnightHour: 5, slotCount: 96 } as const;
  const block = (milliKwh: number, stampedAfterDays: number | null, estimated = false): DayReadings => ({
    ...{ esiid: '10443720000000011', channel: 'consumption', day, stampedAfterDays },
    slots: [{ milliKwh, estimated }],
  });
  const winner = (...blocks: DayReadings[]) => [
    ...expectedIntervals(
      blocks.map((each) => ({ blocks: [each], receivedAtMs: Date.parse('2026-01-01') })),
    ).values(),
  ];

  test('takes the newer revision, then an actual value, then the greater one, whatever the order', () => {
    for (const [loser, better] of [
      [block(9, 1), block(1, 2)],
      [block(9, 1, true), block(1, 1)],
      [block(1, 1), block(2, 1)],
      [block(9, 3), block(1, null)],
    ] as const) {
      expect(winner(loser, better)).toEqual(winner(better));
      expect(winner(better, loser)).toEqual(winner(better));
    }
  });
});
