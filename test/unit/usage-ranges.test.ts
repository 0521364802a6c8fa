import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAddress, usageUrl } from '../../functions/pages/client/usage-page/address.ts';
import { zoomOf, zoomText } from '../../functions/pages/client/usage-page/day-window.ts';
import { hoursText, isWithin, parseHours } from '../../functions/pages/client/usage-page/profile.ts';
import {
  mergeGaps,
  periodsOf,
  rangeUsage,
  sumUnits,
} from '../../functions/pages/client/usage-page/range-usage.ts';
import {
  comparedSelection,
  presetRange,
  selectionProblem,
  stepRange,
  yearBefore,
} from '../../functions/pages/client/usage-page/ranges.ts';
import type { Coverage } from '../../functions/pages/client/usage-page/types.ts';
import { changeText, kwhText, percentText } from '../../functions/pages/client/usage-page/units.ts';
import { addDays, clockDay } from '../../shared/intervals/clock.ts';
import { datesBetween } from '../../shared/usage/local-time.ts';

const esiid = '10443720000000001';
const otherEsiid = '10443720000000002';

/** A coverage response of one channel: each day's kWh and how many intervals it has; null for a day without any. */
function coverageOf(
  from: string,
  days: readonly (readonly [kwh: string, present: number] | null)[],
): Coverage {
  const described = days.map((day, index) => {
    const usageDate = addDays(from, index);
    const expected = clockDay(usageDate).slotCount;
    const present = day?.[1] ?? 0;
    return {
      usage_date: usageDate,
      channel: 'consumption' as const,
      expected,
      present,
      estimated: 0,
      missing: expected - present,
      kwh: day?.[0] ?? null,
      revisions: day ? 1 : 0,
      latest_revised_at: null,
      latest_raw_file_id: null,
      first_received_at: null,
      latest_received_at: null,
      days_late: null,
      audit_status: null,
      daily_kwh: null,
      difference_kwh: null,
    };
  });
  const totals = [{ channel: 'consumption' as const, expected: 0, present: 0, estimated: 0, missing: 0 }];
  const to = described.at(-1)?.usage_date ?? from;
  const extent = { first_date: from, last_date: to };
  return { ok: true, esiid, from, to, ...extent, totals, days: described, gaps: [], gap_count: 0 };
}

describe('presetRange', () => {
  const meter = {
    esiid,
    channels: ['consumption' as const],
    first_date: '2019-09-15',
    last_date: '2025-09-12',
    first_interval_at: null,
    last_interval_at: null,
  };

  test('takes all of six years when asked for all', () => {
    expect(presetRange('All', meter)).toEqual({ from: '2019-09-15', to: '2025-09-12' });
    expect(selectionProblem({ esiid, ...presetRange('All', meter) })).toBeNull();
  });

  test('takes the last calendar month that is over, and never begins before the first stored day', () => {
    expect(presetRange('Last month', meter)).toEqual({ from: '2025-08-01', to: '2025-08-31' });
    expect(presetRange('Last month', { ...meter, last_date: '2024-02-29' })).toEqual({
      from: '2024-02-01',
      to: '2024-02-29',
    });
    expect(presetRange('Year', { ...meter, first_date: '2025-09-01' }).from).toBe('2025-09-01');
    expect(presetRange('Last month', { ...meter, first_date: '2025-09-01' })).toEqual({
      from: '2025-09-01',
      to: '2025-09-12',
    });
  });
});

describe('ranges to compare with', () => {
  test('compares a calendar month with the month before, and with the same month a year before', () => {
    const march = { esiid, from: '2024-03-01', to: '2024-03-31' };

    expect(comparedSelection(march, 'previous')).toEqual({ esiid, from: '2024-02-01', to: '2024-02-29' });
    expect(comparedSelection(march, 'year')).toEqual({ esiid, from: '2023-03-01', to: '2023-03-31' });
    expect(comparedSelection(march, otherEsiid)).toEqual({ ...march, esiid: otherEsiid });
  });

  test('keeps the ends of months and leap days within the calendar', () => {
    expect(yearBefore({ from: '2024-02-01', to: '2024-02-29' })).toEqual({
      from: '2023-02-01',
      to: '2023-02-28',
    });
    expect(yearBefore({ from: '2024-02-29', to: '2024-03-04' })).toEqual({
      from: '2023-02-28',
      to: '2023-03-04',
    });
    expect(stepRange({ from: '2025-01-01', to: '2025-12-31' }, -1)).toEqual({
      from: '2024-01-01',
      to: '2024-12-31',
    });
    expect(stepRange({ from: '2025-01-06', to: '2025-01-12' }, -1)).toEqual({
      from: '2024-12-30',
      to: '2025-01-05',
    });
  });

  test('steps there and back to where it was', () => {
    const day = fc.integer({ min: 0, max: 9_000 }).map((days) => addDays('2010-01-01', days));
    fc.assert(
      fc.property(day, fc.integer({ min: 0, max: 800 }), (from, length) => {
        const range = { from, to: addDays(from, length) };
        const before = stepRange(range, -1);
        expect(addDays(before.to, 1)).toBe(from);
        // Days that happen to be whole months are stepped by months.
        const isByDays = !before.from.endsWith('-01') || !from.endsWith('-01');
        expect(stepRange(before, 1)).toEqual(isByDays ? range : { from, to: expect.any(String) });
      }),
    );
  });
});

describe('periodsOf', () => {
  test('says of a month how many of its days are complete', () => {
    const coverage = coverageOf('2025-06-28', [['1.5', 96], ['0.25', 95], null, ['2', 96]]);
    const [usage] = rangeUsage({ esiid, from: '2025-06-28', to: '2025-07-01' }, coverage).channels;

    const months = periodsOf(usage?.days ?? [], 'month');

    expect(
      months.map(({ first, units, wholeDays, days }) => [first, kwhText(units), wholeDays, days]),
    ).toEqual([
      ['2025-06-28', '1.75', 1, 30],
      ['2025-07-01', '2', 1, 31],
    ]);
  });

  test('adds up to the whole, by day, week and month', () => {
    const kwh = fc.option(fc.integer({ min: 0, max: 10_000_000 }), { nil: null });
    fc.assert(
      fc.property(fc.array(kwh, { minLength: 1, maxLength: 90 }), (units) => {
        const days = units.map((unit) =>
          unit === null ? null : ([kwhText(BigInt(unit)).replaceAll(',', ''), 96] as const),
        );
        const coverage = coverageOf('2025-04-20', days);
        const [usage] = rangeUsage(
          { esiid, from: coverage.from ?? '', to: coverage.to ?? '' },
          coverage,
        ).channels;
        const whole = sumUnits(usage?.days ?? []);
        for (const kind of ['day', 'week', 'month'] as const) {
          expect(sumUnits(periodsOf(usage?.days ?? [], kind))).toBe(whole);
        }
      }),
    );
  });
});

describe('mergeGaps', () => {
  test('counts what two channels miss at the same time as one gap', () => {
    const gap = { start: '2024-12-24T00:00:00-06:00', end: '2024-12-26T00:00:00-06:00', intervals: 192 };
    const later = { start: '2025-01-01T00:00:00-06:00', end: '2025-01-01T01:00:00-06:00', intervals: 4 };

    const merged = mergeGaps([
      { channel: 'consumption', ...gap },
      { channel: 'consumption', ...later },
      { channel: 'generation', ...gap },
    ]);

    expect(merged).toEqual([
      { ...gap, channels: ['consumption', 'generation'] },
      { ...later, channels: ['consumption'] },
    ]);
  });
});

describe('hours', () => {
  const row = (hour: number, weekend: boolean) => ({
    channel: 'consumption' as const,
    month: '2025-07-01',
    weekend,
    hour,
    kwh: '1',
    intervals: 4,
  });

  test('keeps a window in the URL, and rejects what is none', () => {
    for (const text of ['13-19', '20-6-weekdays', '0-24-weekends']) {
      const window = parseHours(text);
      expect(window && hoursText(window)).toBe(text);
    }
    for (const text of [null, '', '7', '24-3', '5-25', '5-5', '1-2-mondays', 'a-b'])
      expect(parseHours(text)).toBeNull();
  });

  test('lets a window pass midnight, and belong to some days only', () => {
    const nights = { first: 20, end: 6, days: 'weekdays' as const };

    const within = Array.from({ length: 24 }, (_, hour) => hour).filter((hour) =>
      isWithin(nights, row(hour, false)),
    );

    expect(within).toEqual([0, 1, 2, 3, 4, 5, 20, 21, 22, 23]);
    expect(isWithin(nights, row(22, true))).toBe(false);
  });
});

describe('the URL', () => {
  test('holds everything that is shown, and nothing that is not', () => {
    const address = {
      esiid,
      from: '2025-07-01',
      to: '2025-07-31',
      zoom: '2025-07-04..2025-07-06',
      day: null,
      compare: 'year',
      hours: '13-19-weekdays',
    };

    const url = usageUrl(address);

    expect(readAddress(url.slice('/usage'.length))).toEqual(address);
    expect(url).not.toContain('day=');
  });

  test('names a zoom by whole days, and ignores one that is not of the range', () => {
    const dates = datesBetween('2025-07-01', '2025-07-31');

    expect(zoomText(dates, { first: 3.2, last: 5.9 })).toBe('2025-07-04..2025-07-06');
    expect(zoomOf(dates, '2025-07-04..2025-07-06')).toEqual({ first: 3, last: 6 });
    for (const text of [null, '', '2025-06-30..2025-07-02', '2025-07-06..2025-07-04', 'x']) {
      expect(zoomOf(dates, text)).toBeNull();
    }
  });
});

describe('displayed values', () => {
  test('says 100 % only of what is whole', () => {
    expect(percentText(9_999, 10_000)).toBe('99.9 %');
    expect(percentText(10_000, 10_000)).toBe('100 %');
    expect(percentText(0, 0)).toBe('0 %');
  });

  test('says by how much something changed, and nothing where there is nothing to compare with', () => {
    expect(changeText(110_000n, 100_000n)).toBe('+10.0 %');
    expect(changeText(90_000n, 100_000n)).toBe('−10.0 %');
    expect(changeText(100_000n, 0n)).toBe('–');
    expect(changeText(null, 100_000n)).toBe('–');
  });
});
