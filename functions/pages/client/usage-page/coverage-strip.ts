import {
  formatCount,
  formatDate,
  formatDayOfYear,
  formatInstant,
  formatMonth,
  plural,
} from '../lib/format.ts';
import { channelName } from './channels.ts';
import type { ChartSpec } from './chart.ts';
import { axisStyle, tooltip } from './chart-parts.ts';
import type { DayUsage, RangeUsage } from './range-usage.ts';
import { kwhText } from './units.ts';

/** How a day is marked, worst first. */
export const marks = ['disputed', 'missing', 'partial', 'estimated', 'complete'] as const;
export const markNames = {
  disputed: 'contradicts SMT’s daily read',
  missing: 'nothing stored',
  partial: 'partly stored',
  estimated: 'has estimates',
  complete: 'complete',
} as const;

export function markOf({
  expected,
  present,
  estimated,
  audit_status: audit,
}: DayUsage): (typeof marks)[number] {
  if (audit === 'differs') return 'disputed';
  if (present === 0) return 'missing';
  if (present < expected) return 'partial';
  return estimated > 0 ? 'estimated' : 'complete';
}

/** Below this width of a day, several days share a column. */
const minColumnPx = 2;
const margins = { left: 56, right: 8, top: 4, bottom: 26 };

/** One stripe a channel, one mark a day: what is stored, what is missing, what is an estimate. */
export function coverageStrip(range: RangeUsage, onOpenDay: (date: string) => void): ChartSpec {
  const { dates, channels } = range;
  const isLong = dates.length > 120;
  let columns: readonly Column[] = [];
  return {
    kind: 'strip',
    heightPx: 34 + 34 * channels.length,
    label: 'Coverage of each day. The days that are not complete are listed below.',
    onClick: (x) => {
      const [worst] = (columns[Math.round(x)]?.worst ?? []).toSorted((a, b) => rankOf(a) - rankOf(b));
      if (worst) onOpenDay(worst.usage_date);
    },
    option: (colour, widthPx) => {
      const plotPx = widthPx - margins.left - margins.right;
      columns = columnsOf(range, Math.ceil((dates.length * minColumnPx) / plotPx));
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
          data: channels.map(({ channel }) => channelName(channel)),
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
            data: columns.flatMap(({ worst }, column) => worst.map((day, row) => [column, row, rankOf(day)])),
            itemStyle: { borderColor: colour('surface'), borderWidth: columns.length > 120 ? 0 : 1 },
            emphasis: { disabled: true },
          },
        ],
      };
    },
  };
}

/** Days that share a column, and the worst of them for each channel. */
interface Column {
  readonly first: string;
  readonly worst: readonly DayUsage[];
}

/** The columns of the strip. One bad day among good ones is what its column shows, however many days there are. */
function columnsOf({ dates, channels }: RangeUsage, daysPerColumn: number): Column[] {
  const columns: Column[] = [];
  for (let index = 0; index < dates.length; index += daysPerColumn) {
    const worst = channels.flatMap(({ days }) => {
      const group = days.slice(index, index + daysPerColumn);
      const rank = Math.min(...group.map(rankOf));
      return group.filter((day) => rankOf(day) === rank).slice(0, 1);
    });
    columns.push({ first: dates[index] ?? '', worst });
  }
  return columns;
}

function rankOf(day: DayUsage): number {
  return marks.indexOf(markOf(day));
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

function auditText({ audit_status: audit, daily_kwh: read, difference_kwh: difference }: DayUsage): string[] {
  if (audit === null || audit === 'unaudited' || read === null) return [];
  if (audit === 'agrees') return [`agrees with SMT’s daily read, ${read} kWh`];
  return [`SMT’s daily read: ${read} kWh${difference === null ? '' : `, a difference of ${difference} kWh`}`];
}
