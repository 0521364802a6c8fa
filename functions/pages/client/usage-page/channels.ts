import type { Palette } from './chart.ts';
import type { Channel } from './types.ts';

/** Display names of the channels: energy from the grid, and energy to it. */
export function channelName(channel: Channel): string {
  return channel === 'consumption' ? 'Import' : 'Export';
}

/** `Import and export` for both. */
export function channelNames(channels: readonly Channel[]): string {
  return channels
    .map((channel, index) => (index === 0 ? channelName(channel) : channelName(channel).toLowerCase()))
    .join(' and ');
}

export function channelColour(colour: Palette, channel: Channel): string {
  return colour(channel === 'consumption' ? 'chart-import' : 'chart-export');
}

/** Export hangs below the axis. */
export function signed(channel: Channel, value: number): number {
  return channel === 'generation' ? -value : value;
}
