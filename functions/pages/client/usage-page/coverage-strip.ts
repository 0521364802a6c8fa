import {
  formatCount,
  formatDate,
  formatDayOfYear,
  formatInstant,
  formatMonth,
  plural,
} from '../lib/format.ts';
import { sumsText } from './audit-notice.ts';
import { channelName } from './channels.ts';
import type { ChartSpec } from './chart.ts';
import { axisStyle, tooltip } from './chart-parts.ts';
import type { DayUsage, RangeUsage } from './range-usage.ts';
import { kwhText } from './units.ts';

/** How a day is marked, worst first: what is stored of it, and what SMT's daily read says of that. */
const marks = ['disputed', 'missing', 'partial', 'estimated', 'complete', 'unaudited', 'agrees'] as const;
type Mark = (typeof marks)[number];
export const markNames: Readonly<Record<Mark, string>> = {
  disputed: 'contradicts SMT’s daily read',
  missing: 'nothing stored',
  partial: 'partly stored',
  estimated: 'has estimates',
  complete: 'complete',
  unaudited: 'without a daily read',
  agrees: 'agrees with SMT’s daily read',
};

export function markOf({ expected, present, estimated, audit_status: audit }: DayUsage): Mark {
  if (audit === 'differs') return 'disputed';
  if (present === 0) return 'missing';
  if (present < expected) return 'partial';
  return estimated > 0 ? 'estimated' : 'complete';
}

const auditMarks = {
  differs: 'disputed',
  missing: 'missing',
  incomplete: 'partial',
  unaudited: 'unaudited',
  agrees: 'agrees',
} as const satisfies Readonly<Record<string, Mark>>;

function auditMarkOf({ audit_status: audit }: DayUsage): Mark {
  return audit === null ? 'unaudited' : auditMarks[audit];
}

/** A row of the strip: a channel's days, or what SMT's reads say of them. */
interface Stripe {
  readonly name: string;
  readonly days: readonly DayUsage[];
  readonly markOf: (day: DayUsage) => Mark;
}

/** Two stripes for a channel that has daily reads, one for another. */
function stripesOf({ channels }: RangeUsage): Stripe[] {
  return channels.flatMap(({ channel, days }) => {
    const stored = { name: channelName(channel), days, markOf };
    return days.some(isAudited) ? [stored, { name: 'SMT read', days, markOf: auditMarkOf }] : [stored];
  });
}

function isAudited(day: DayUsage): boolean {
  return auditMarkOf(day) !== 'unaudited';
}

/** The marks that the strip of a range can show, best first. */
export function marksOf(range: RangeUsage): readonly Mark[] {
  const hasReads = range.channels.some(({ days }) => days.some(isAudited));
  return marks.filter((mark) => hasReads || !['disputed', 'unaudited', 'agrees'].includes(mark)).toReversed();
}

/** Below this width of a day, several days share a column. */
const minColumnPx = 2;
const margins = { left: 56, right: 8, top: 4, bottom: 26 };

/** One mark a day: what is stored, what is missing, what is an estimate, what SMT's daily read agrees with. */
export function coverageStrip(range: RangeUsage, onOpenDay: (date: string) => void): ChartSpec {
  const { dates } = range;
  const stripes = stripesOf(range);
  const isLong = dates.length > 120;
  let columns: readonly Column[] = [];
  return {
    kind: 'strip',
    heightPx: 34 + 34 * stripes.length,
    label: 'Coverage of each day. The days that are not complete are listed below.',
    onClick: (x) => {
      const [worst] = (columns[Math.round(x)]?.worst ?? []).toSorted((a, b) => rankOf(a) - rankOf(b));
      if (worst) onOpenDay(worst.usage_date);
    },
    option: (colour, widthPx) => {
      const plotPx = Math.max(minColumnPx, widthPx - margins.left - margins.right); // a hidden chart has no width
      columns = columnsOf(dates, stripes, Math.ceil((dates.length * minColumnPx) / plotPx));
      const isMonthStart = (index: number, date: string) =>
        date.slice(0, 7) !== columns[index - 1]?.first.slice(0, 7);
      return {
        tooltip: tooltip(({ value: [column = 0, row = 0] }: { value: readonly number[] }) =>
          describe(columns[column]?.worst[row]),
        ),
        grid: margins,
        xAxis: {
          type: 'category',
          data: columns.map(({ first }) => first),
          ...axisStyle(colour),
          axisLabel: {
            color: colour('muted'),
            hideOverlap: true,
            ...(isLong && { interval: isMonthStart }),
            formatter: (date: string) => (isLong ? formatMonth(date) : formatDayOfYear(date)),
          },
        },
        yAxis: {
          type: 'category',
          inverse: true,
          data: stripes.map(({ name }) => name),
          ...axisStyle(colour),
        },
        visualMap: {
          show: false,
          type: 'piecewise',
          dimension: 2,
          pieces: marks.map((mark, value) => ({ value, color: colour(`chart-${mark}`) })),
        },
        series: [
          {
            type: 'heatmap',
            data: columns.flatMap(({ worst }, column) =>
              worst.map((day, row) => [column, row, rankOf(day, stripes[row])]),
            ),
            itemStyle: { borderColor: colour('surface'), borderWidth: columns.length > 120 ? 0 : 1 },
            emphasis: { disabled: true },
          },
        ],
      };
    },
  };
}

/** Days that share a column, and the worst of them for each stripe. */
interface Column {
  readonly first: string;
  readonly worst: readonly DayUsage[];
}

/** The columns of the strip. One bad day among good ones is what its column shows, however many days there are. */
function columnsOf(dates: readonly string[], stripes: readonly Stripe[], daysPerColumn: number): Column[] {
  const columns: Column[] = [];
  for (let index = 0; index < dates.length; index += daysPerColumn) {
    const worst = stripes.flatMap((stripe) => {
      const group = stripe.days.slice(index, index + daysPerColumn);
      const rank = Math.min(...group.map((day) => rankOf(day, stripe)));
      return group.filter((day) => rankOf(day, stripe) === rank).slice(0, 1);
    });
    columns.push({ first: dates[index] ?? '', worst });
  }
  return columns;
}

function rankOf(day: DayUsage, stripe?: Stripe): number {
  return marks.indexOf((stripe?.markOf ?? markOf)(day));
}

function describe(day: DayUsage | undefined): string[] {
  if (day === undefined) return [];
  const title = `${formatDate(day.usage_date)}, ${channelName(day.channel)}`;
  const counts = `${formatCount(day.present)} of ${formatCount(day.expected)} intervals`;
  const audit = auditText(day);
  if (day.first_received_at === null || day.days_late === null) return [title, counts, ...audit];
  const { first_received_at: receivedAt, days_late: daysLate } = day;
  const late = daysLate === 0 ? 'within a day' : `${plural(daysLate, 'day')} after the day`;
  return [
    title,
    `${kwhText(day.units)} kWh`,
    day.estimated > 0 ? `${counts}, ${formatCount(day.estimated)} estimated` : counts,
    plural(day.revisions, 'revision'),
    `first received ${formatInstant(receivedAt)}, ${late}`,
    ...audit,
  ];
}

/** What the daily read of a day says of its intervals. */
function auditText(day: DayUsage): string[] {
  const { audit_status: audit, daily_kwh: read } = day;
  if (audit === null || audit === 'unaudited' || read === null) return [];
  return audit === 'agrees' ? [`agrees with SMT’s daily read, ${read} kWh`] : [sumsText(day)];
}
