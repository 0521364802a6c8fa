import type { Migration } from 'kysely/migration';
import { up as rawFiles } from './0001-raw-files.ts';
import { up as intervals } from './0002-intervals.ts';
import { up as esiids } from './0003-esiids.ts';
import { up as replayedAt } from './0004-replayed-at.ts';
import { up as dayStarts } from './0005-day-starts.ts';
import { up as rawFileMeters } from './0006-raw-file-meters.ts';
import { up as reads } from './0007-reads.ts';
import { up as takingBack } from './0008-taking-back.ts';
import { up as dayDisagreements } from './0010-day-disagreements.ts';
import { up as rawFilesTable } from './0011-raw-files-table.ts';
import { up as mainAppViews } from './0012-main-app-views.ts';
import { up as loadedAt } from './0013-loaded-at.ts';
import { up as analystViews } from './0014-analyst-views.ts';

/**
 * Every migration, in order. A released one never changes: the next one is a new file and a new line here.
 *
 * They only add, so that the code before them runs on the schema after them: during a deployment, and after one that is
 * rolled back, which leaves the schema as it is. So: a new column is nullable or has a default; nothing is dropped, renamed
 * or made stricter before the release after the one that stopped using it.
 */
export const migrations: Readonly<Record<string, Migration>> = {
  '0001-raw-files': { up: rawFiles },
  '0002-intervals': { up: intervals },
  '0003-esiids': { up: esiids },
  '0004-replayed-at': { up: replayedAt },
  '0005-day-starts': { up: dayStarts },
  '0006-raw-file-meters': { up: rawFileMeters },
  '0007-reads': { up: reads },
  '0008-taking-back': { up: takingBack },
  '0010-day-disagreements': { up: dayDisagreements },
  '0011-raw-files-table': { up: rawFilesTable },
  '0012-main-app-views': { up: mainAppViews },
  '0013-loaded-at': { up: loadedAt },
  '0014-analyst-views': { up: analystViews },
};
