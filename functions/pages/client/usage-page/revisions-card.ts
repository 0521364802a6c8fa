import { el } from '../lib/dom.ts';
import { formatInstant, plural } from '../lib/format.ts';
import { rawFileLink } from '../lib/raw-files.ts';
import { type Cell, disclosedTable, type TableData, table } from '../lib/table.ts';
import { channelName } from './channels.ts';
import { card } from './chart-card.ts';
import type { Revision } from './types.ts';

/** The revisions of a day: what each changed, from what to what, when, and by which file; null when nothing is stored. */
export function revisionsCard(revisions: readonly Revision[]): HTMLElement | null {
  if (revisions.length === 0) return null;
  const changes = revisions
    .filter(({ values }) => values.some(({ previous }) => previous !== null))
    .map((revision) => disclosedTable(changesTitle(revision), () => changesTable(revision)));
  const note =
    changes.length === 0
      ? 'No value was ever replaced by another'
      : 'Oldest first; the newest value of an interval counts';
  return card(
    'Where it came from',
    note,
    table('Revisions of the day', revisionsTable(revisions)),
    ...changes,
  );
}

function revisionsTable(revisions: readonly Revision[]): TableData {
  return {
    heads: ['Channel', 'Revision of', 'Loaded', 'From file', 'kWh', 'Intervals', 'Changed', 'In use'],
    rows: revisions.map((revision): Cell[] => [
      channelName(revision.channel),
      formatInstant(revision.revised_at),
      formatInstant(revision.loaded_at),
      {
        show: el('span', {}, rawFileLink(revision.raw_file_id), ` ${revision.filename}`),
        text: revision.raw_file_id,
      },
      revision.kwh,
      intervalsText(revision),
      changedText(revision),
      String(revision.current_intervals),
    ]),
  };
}

function intervalsText({ intervals, estimated_intervals: estimated }: Revision): string {
  return estimated === 0 ? String(intervals) : `${intervals}, ${estimated} estimated`;
}

/** New values and replaced ones are different things to a reader. */
function changedText({ changed_intervals: changed, values }: Revision): string {
  const replaced = values.filter(({ previous }) => previous !== null).length;
  if (changed === 0) return 'none';
  return replaced === 0
    ? `${changed} new`
    : `${replaced} replaced${changed > replaced ? `, ${changed - replaced} new` : ''}`;
}

function changesTitle({ channel, revised_at: revisedAt, values }: Revision): string {
  const replaced = values.filter(({ previous }) => previous !== null).length;
  return `${channelName(channel)}: ${plural(replaced, 'interval')} replaced by the revision of ${formatInstant(revisedAt)}`;
}

function changesTable({ values }: Revision): TableData {
  const rows = values.flatMap(({ start, previous, ...value }) =>
    previous === null
      ? []
      : [
          [
            { show: `${start.slice(11, 16)} (${start.slice(19)})`, text: start },
            valueText(previous),
            valueText(value),
          ],
        ],
  );
  return { heads: ['Interval', 'Before', 'After'], rows };
}

function valueText({ kwh, estimated }: { readonly kwh: string | null; readonly estimated: boolean }): string {
  return `${kwh ?? '–'} kWh${estimated ? ', estimated' : ''}`;
}
