import { describe, expect, test } from 'vitest';
import { clockDay } from '../../shared/intervals/clock.ts';
import type { IntervalLayout } from '../../shared/smt/csv/layout.ts';
import { ConflictingDays } from '../../shared/smt/csv/survey/conflicting-days.ts';
import { LabelSurvey } from '../../shared/smt/csv/survey/label-survey.ts';
import { FeedSurvey } from '../../shared/smt/green-button/feed-survey.ts';

const date = '2025-02-03';
const run = { esiid: '', channel: 'consumption', date: null, revisedAt: null } as const;
const layout = {
  ...{ delimiter: ',' as const, columnCount: 5, names: ['ESIID', 'Date', 'Start', 'End', 'kWh'] },
  ...{ esiid: 0, date: 1, start: 2, end: 3, kwh: 4, meter: -1, revision: -1, flag: -1, channel: -1 },
} satisfies IntervalLayout;
const esiidOf = (meter: number) => `1044372${String(meter).padStart(10, '0')}`;

/** Calls back with 0, 1, 2, … until it throws. */
function repeat(maxTimes: number, act: (index: number) => void): () => void {
  return () => {
    for (let index = 0; index < maxTimes; index++) act(index);
  };
}

const tooMany = (what: string) =>
  expect.objectContaining({ code: 'too-many-meters', message: expect.stringContaining(what) });

describe('What has to be kept until the end of a file is bounded:', () => {
  test('the meters of a file whose labels each meter has to explain', () => {
    const survey = new LabelSurvey({ meters: 1000, oddDays: 2000 });
    const label = { date, minutes: 15, offsetMinutes: null, isCentral: false, isLastSecond: false };
    const place = () => ({ column: 'Time', text: '00:15', lineNumber: 2 });
    const add = (meter: number) => survey.add({ run: { ...run, esiid: esiidOf(meter) }, label }, place);

    expect(repeat(1000, add)).not.toThrow();
    expect(() => add(1000)).toThrow(tooMany('1,000 meters'));
  });

  test('their days whose times are not quarter hours', () => {
    const survey = new LabelSurvey({ meters: 1000, oddDays: 2000 });
    const place = () => ({ column: 'Time', text: '00:07', lineNumber: 2 });
    const label = { minutes: 7, offsetMinutes: null, isCentral: false, isLastSecond: false };
    const add = (index: number) => {
      const esiid = esiidOf(index % 100);
      const day = new Date(Date.UTC(1990, 0, 1 + Math.floor(index / 100))).toISOString().slice(0, 10);
      survey.add({ run: { ...run, esiid }, label: { ...label, date: day } }, place);
    };

    expect(repeat(2001, add)).toThrow(tooMany('2,000 days'));
  });

  test('the meter-days of a file without revision stamps', () => {
    const days = new ConflictingDays(layout, 1000);
    const row = { cells: [], lineNumber: 2, text: '' };
    const add = (meter: number) => {
      const key = {
        esiid: esiidOf(meter),
        channel: 'consumption',
        day: clockDay(date),
        revisedAt: null,
      } as const;
      days.add(key, 0, '0.25', false, row);
    };

    expect(repeat(40_000, add)).toThrow(tooMany('1,000 meter-days'));
  });

  test('the blocks of a feed', () => {
    const survey = new FeedSurvey(1000);
    const end = (index: number) => survey.blockEnd({ index, line: 1, start: null, duration: null });

    expect(repeat(1001, end)).toThrow(tooMany('1,000 interval blocks'));
  });
});
