import { addDays, clockDay, minutesPerDay } from '../../intervals/clock.ts';
import { parseEsiid } from '../../intervals/esiid.ts';
import { type LatestTimes, latestTimes } from '../latest-times.ts';
import { channelOf } from './cells.ts';
import { copiedString } from './copied-string.ts';
import type { IntervalLayout } from './layout.ts';
import type { ReadingRules } from './reading-rules.ts';
import type { Rejection, Row, RowRun } from './rows.ts';
import type { Label } from './time/labels.ts';

/** The interval of a row, as parsed. */
export interface ParsedRow {
  readonly run: RowRun;
  /** The label of the start, or the only label, whose meaning is the run's convention. */
  readonly label: Label;
  /** The label of the end, where the row has both. */
  readonly end: Label | null;
  readonly isEstimated: boolean;
}

/** Parses the rows of an interval file by its rules. */
export class RowParser {
  /** Whether some row had no revision stamp. */
  sawBlankRevision = false;
  private readonly rules: ReadingRules;
  private readonly latest: LatestTimes;
  private run: RowRun | undefined;

  /** @param receivedAt when the file was received: stamps and dates more than a day later are rejected */
  constructor(rules: ReadingRules, receivedAt: Date) {
    this.rules = rules;
    this.latest = latestTimes(receivedAt);
  }

  parse(row: Row): ParsedRow | Rejection {
    const { layout, dates, flagOf } = this.rules;
    if (!hasItsColumns(layout, row.cells)) return { reason: 'invalid-row', column: -1 };
    const run = this.runOf(row);
    if (run.rejection) return run.rejection;
    const isEstimated = layout.flag < 0 ? false : flagOf(row.cells[layout.flag] ?? '');
    if (isEstimated === null) return { reason: 'invalid-row', column: layout.flag };
    const column = layout.start >= 0 ? layout.start : layout.end;
    const label = dates.labelOf(row.cells[column] ?? '');
    if (!label) return { reason: 'invalid-timestamp', column };
    if (label.date !== null && label.date > this.latest.date) return { reason: 'future-date', column };
    if (layout.start < 0 || layout.end < 0) {
      const rejection = run.meter.rejectionOf(label.date ?? run.date, label.minutes);
      return rejection ?? { run, label, end: null, isEstimated };
    }
    const end = dates.labelOf(row.cells[layout.end] ?? '');
    if (!end) return { reason: 'invalid-timestamp', column: layout.end };
    return { run, label, end: this.rules.endsAreInclusive ? minuteLater(end) : end, isEstimated };
  }

  private runOf({ cells }: Row): RowRun {
    const { layout } = this.rules;
    const esiid = cells[layout.esiid] ?? '';
    const channel = cells[layout.channel] ?? '';
    const revision = cells[layout.revision] ?? '';
    const date = cells[layout.date] ?? '';
    if (this.run) {
      const [heldEsiid, heldChannel, heldRevision, heldDate] = this.run.cells;
      if (heldDate === date && heldEsiid === esiid && heldRevision === revision && heldChannel === channel)
        return this.run;
    }
    this.run = this.parseRun([
      copiedString(esiid),
      copiedString(channel),
      copiedString(revision),
      copiedString(date),
    ]);
    return this.run;
  }

  private parseRun(cells: RowRun['cells']): RowRun {
    const { layout, dates } = this.rules;
    const [esiidCell, channelCell, revisionCell, dateCell] = cells;
    const esiid = layout.esiid < 0 ? this.rules.esiid : parseEsiid(esiidCell);
    const channel = layout.channel < 0 ? 'consumption' : channelOf(channelCell);
    const revisedAt = layout.revision < 0 ? null : dates.revisionOf(revisionCell);
    const date = layout.date < 0 ? null : dates.dateOf(dateCell);
    if (revisedAt === null) this.sawBlankRevision = true;
    const meter = this.rules.meterRules(`${esiid} ${channel}`);
    return {
      cells,
      esiid: esiid ?? '',
      channel: channel ?? 'consumption',
      revisedAt: revisedAt ?? null,
      date,
      day: date === null ? null : clockDay(date),
      meter,
      rejection: this.rejectionOf(esiid, channel, revisedAt, date) ?? meter.rejection,
    };
  }

  private rejectionOf(
    esiid: string | null,
    channel: string | null,
    revisedAt: string | null | undefined,
    date: string | null,
  ): Rejection | null {
    const { layout } = this.rules;
    if (esiid === null) return { reason: 'invalid-esiid', column: layout.esiid };
    if (channel === null) return { reason: 'invalid-row', column: layout.channel };
    if (revisedAt === undefined) return { reason: 'invalid-timestamp', column: layout.revision };
    if (layout.date >= 0 && date === null) return { reason: 'invalid-timestamp', column: layout.date };
    if (revisedAt && revisedAt > this.latest.revisedAt)
      return { reason: 'future-revision', column: layout.revision };
    if (date && date > this.latest.date) return { reason: 'future-date', column: layout.date };
    return null;
  }
}

/** Whether a parse returned a row and not a reject reason. */
export function isRejection(parsed: ParsedRow | Rejection): parsed is Rejection {
  return 'reason' in parsed;
}

function hasItsColumns({ columnCount }: IntervalLayout, cells: readonly string[]): boolean {
  return cells.length === columnCount || (cells.length > columnCount && isBlankRow(cells, columnCount));
}

/** Whether all cells from a column on are blank. */
export function isBlankRow(cells: readonly string[], from = 0): boolean {
  for (let column = from; column < cells.length; column++) {
    if (cells[column]?.trim() !== '') return false;
  }
  return true;
}

function minuteLater(end: Label): Label {
  if (end.isLastSecond) return end;
  const minutes = end.minutes + 1;
  return minutes === minutesPerDay && end.date
    ? { ...end, minutes: 0, date: addDays(end.date, 1) }
    : { ...end, minutes };
}
