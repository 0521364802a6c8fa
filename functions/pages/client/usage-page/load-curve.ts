import { formatLocalTime } from '../lib/format.ts';
import { channelColour, channelName, signed } from './channels.ts';
import type { Palette } from './chart.ts';
import type { Series, SlotRange } from './slots.ts';

/** The curve of every interval in view; a missing interval is a gap, an estimated one is violet. */
export function curveSeries({ days, series }: SlotRange, firstDay: number, colour: Palette): object[] {
  const positions = days.flatMap(({ slotCount }, day) =>
    Array.from({ length: slotCount }, (_, slot) => firstDay + day + slot / slotCount),
  );
  return series.flatMap(({ channel, kwh, estimated }) => {
    const points = (isShown: (slot: number) => boolean) =>
      positions.map((x, slot) => {
        const value = kwh[slot];
        return [x, value == null || !isShown(slot) ? null : signed(channel, Number(value))];
      });
    const line = {
      type: 'line',
      step: 'end',
      showSymbol: false,
      connectNulls: false,
      emphasis: { disabled: true },
    };
    return [
      {
        ...line,
        name: channelName(channel),
        data: points(() => true),
        lineStyle: { width: 1.5 },
        areaStyle: { opacity: 0.12 },
        color: channelColour(colour, channel),
      },
      {
        ...line,
        name: `${channelName(channel)}, estimated`,
        data: points((slot) => estimated[slot] === true),
        lineStyle: { width: 2.5 },
        color: colour('chart-estimated'),
      },
    ];
  });
}

/** The interval at a position in days from the first. */
export function describeSlot({ days, starts, series }: SlotRange, position: number): string[] {
  const day = days[Math.floor(position + 1e-9)];
  if (!day) return [];
  const inDay = Math.round((position - Math.floor(position + 1e-9)) * day.slotCount);
  const slot = day.firstSlot + Math.min(inDay, day.slotCount - 1);
  const start = starts[slot] ?? '';
  return [
    `${formatLocalTime(start)} (${start.slice(19)})`,
    ...series.map((values) => slotLine(values, slot)),
  ];
}

export function slotLine({ channel, kwh, estimated }: Series, slot: number): string {
  const value = kwh[slot] == null ? 'missing' : `${kwh[slot]} kWh`;
  return `${channelName(channel)}: ${value}${estimated[slot] ? ', estimated' : ''}`;
}
