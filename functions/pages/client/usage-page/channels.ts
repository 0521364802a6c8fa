import type { Palette } from './chart.ts';
import type { Channel } from './types.ts';

/** As people call the channels: what the grid gives, and what it gets. */
export function channelName(channel: Channel): string {
  return channel === 'consumption' ? 'Import' : 'Export';
}

export function channelColour(colour: Palette, channel: Channel): string {
  return colour(channel === 'consumption' ? 'chart-import' : 'chart-export');
}
