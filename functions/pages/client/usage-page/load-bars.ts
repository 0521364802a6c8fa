import { formatDate, plural } from '../lib/format.ts';
import { channelColour, channelName, signed } from './channels.ts';
import type { Palette } from './chart.ts';
import { hatch } from './chart-parts.ts';
import type { Period, PeriodKind } from './range-usage.ts';
import type { Channel } from './types.ts';
import { kwhNumber, kwhText } from './units.ts';

export interface ChannelPeriods {
  readonly channel: Channel;
  readonly periods: readonly Period[];
}

/** A bar for each day or week: hatched where intervals are missing, violet where some are estimates. */
export function barSeries(
  channels: readonly ChannelPeriods[],
  dates: readonly string[],
  kind: PeriodKind,
  colour: Palette,
): object[] {
  const indexOf = new Map(dates.map((date, index) => [date, index]));
  const halfPeriod = kind === 'week' ? 3.5 : 0.5;
  return channels.map(({ channel, periods }) => ({
    type: 'bar',
    name: channelName(channel),
    barGap: '-100%',
    barCategoryGap: '12%',
    color: channelColour(colour, channel),
    emphasis: { disabled: true },
    data: periods.flatMap((period) => {
      if (period.units === null) return [];
      // A week that the range cuts at its start is drawn where the whole of it would be.
      const end = (indexOf.get(period.last) ?? 0) + 1;
      const start =
        (indexOf.get(period.first) ?? 0) > 0 ? (indexOf.get(period.first) ?? 0) : end - 2 * halfPeriod;
      const value = [start + halfPeriod, signed(channel, kwhNumber(period.units))];
      return [{ value, itemStyle: periodStyle(period, colour) }];
    }),
  }));
}

/** How a bar shows that its period is not whole, or not measured. */
export function periodStyle({ wholeDays, days, estimated }: Period, colour: Palette): object {
  return {
    ...(estimated > 0 && { color: colour('chart-estimated') }),
    ...(wholeDays < days && { decal: hatch(colour) }),
  };
}

export function describeBar(
  channels: readonly ChannelPeriods[],
  dates: readonly string[],
  x: number,
): string[] {
  const date = dates[Math.max(0, Math.min(Math.floor(x), dates.length - 1))] ?? '';
  const shown = channels.flatMap(({ channel, periods }) => {
    const period = periods.find(({ first, last }) => first <= date && date <= last);
    return period ? [{ channel, period }] : [];
  });
  const [any] = shown;
  if (!any) return [formatDate(date)];
  const { first, last } = any.period;
  const title = first === last ? formatDate(first) : `${formatDate(first)} to ${formatDate(last)}`;
  return [title, ...shown.flatMap(({ channel, period }) => periodLines(channel, period))];
}

/** The energy of a period, and what should be known about it. */
export function periodLines(channel: Channel, period: Period): string[] {
  const { units, days, wholeDays, intervals, expected, estimated } = period;
  const lines = [`${channelName(channel)}: ${units === null ? 'nothing stored' : `${kwhText(units)} kWh`}`];
  if (days > 1 && wholeDays < days) lines.push(`${wholeDays} of ${plural(days, 'day')} complete`);
  if (days === 1 && intervals < expected) lines.push(`${intervals} of ${expected} intervals stored`);
  if (estimated > 0) lines.push(`${plural(estimated, 'interval')} estimated`);
  return lines;
}
