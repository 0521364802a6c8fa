import type { Migration } from 'kysely/migration';
import { up as rawFiles } from './0001-raw-files.ts';
import { up as intervals } from './0002-intervals.ts';
import { up as esiids } from './0003-esiids.ts';
import { up as replayedAt } from './0004-replayed-at.ts';
import { up as dayStarts } from './0005-day-starts.ts';

/** Every migration, in order. A released one never changes: what comes next is a new file and a new line here. */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-raw-files': { up: rawFiles },
  '0002-intervals': { up: intervals },
  '0003-esiids': { up: esiids },
  '0004-replayed-at': { up: replayedAt },
  '0005-day-starts': { up: dayStarts },
};
