import { type Day, labelsOf, skippedHour, usDate } from './days.ts';
import type { Random } from './random.ts';

/** One interval of a planned file; null is a gap. */
export interface Reading {
  /** Thousandths of a kWh. */
  readonly milliKwh: number;
  readonly estimated: boolean;
}

/** What a planned file says of one meter-day. */
export interface DayReadings {
  readonly esiid: string;
  readonly channel: 'consumption' | 'generation';
  readonly day: Day;
  /** Days after the day itself on which it was stamped, at 06:18:33; null for a file without stamps. */
  readonly stampedAfterDays: number | null;
  readonly slots: readonly (Reading | null)[];
}

/** Made-up ESIIDs. */
export const esiids: readonly string[] = ['10443720000000011', '10443720000000012', '1008901000000000000013'];

export function randomReadings(
  random: Random,
  fixed: Partial<DayReadings> & { readonly day: Day },
): DayReadings {
  const isPartial = random.chance(0.4);
  return {
    esiid: random.pick(esiids),
    channel: random.chance(0.8) ? 'consumption' : 'generation',
    stampedAfterDays: random.int(1, 3),
    slots: random.list(fixed.day.slotCount, () =>
      isPartial && random.chance(0.3) ? null : randomReading(random),
    ),
    ...fixed,
  };
}

/** The same meter-day with some slots changed. */
export function changed(random: Random, readings: DayReadings, stampedAfterDays: number | null): DayReadings {
  const slots = readings.slots.map((slot) => (random.chance(0.2) ? randomReading(random) : slot));
  return { ...readings, slots, stampedAfterDays };
}

function randomReading(random: Random): Reading {
  return { milliKwh: random.int(0, 2_500), estimated: random.chance(0.2) };
}

export interface RenderOptions {
  /** Omits the rows of gaps instead of writing them without a value. */
  readonly skipsGaps: boolean;
  readonly hasEsiidColumn: boolean;
  readonly hasStamps: boolean;
}

export interface RenderedRows {
  readonly text: string;
  readonly rowCount: number;
  /** Rows without a value, in an hour that exists. */
  readonly gapCount: number;
  /** Rows of the hour that spring forward skips. */
  readonly skippedCount: number;
}

/** Header and rows of an interval file in SMT's own form. */
export function renderCsv(blocks: readonly DayReadings[], options: RenderOptions): RenderedRows {
  const names = ['USAGE_DATE', 'USAGE_START_TIME', 'USAGE_END_TIME', 'USAGE_KWH', 'ESTIMATED_ACTUAL'];
  const header = [
    ...(options.hasEsiidColumn ? ['ESIID'] : []),
    ...(options.hasStamps ? ['REVISION_DATE'] : []),
    ...names,
    'CONSUMPTION_SURPLUSGENERATION',
  ];
  const rows = blocks.flatMap((block) => rowsOf(block, options));
  return {
    text: [header.join(','), ...rows.map(({ cells }) => cells), ''].join('\n'),
    rowCount: rows.length,
    gapCount: rows.filter(({ kind }) => kind === 'gap').length,
    skippedCount: rows.filter(({ kind }) => kind === 'skipped').length,
  };
}

interface Row {
  readonly cells: string;
  readonly kind: 'value' | 'gap' | 'skipped';
}

function rowsOf(block: DayReadings, options: RenderOptions): Row[] {
  const { esiid, channel, day } = block;
  const channelName = channel === 'consumption' ? 'Consumption' : 'Surplus Generation';
  // Only under SMT's own header is 05/04 of one order; elsewhere it may be of either, and is rejected.
  const isSmtHeader = options.hasStamps && options.hasEsiidColumn;
  const usageDate = isSmtHeader ? usDate(day.date) : day.date;
  const stamp = isSmtHeader ? stampOf(block) : isoStampOf(block);
  const row = ([start, end]: readonly [string, string], value: string, kind: Row['kind']): Row => {
    const cells = [
      ...(options.hasEsiidColumn ? [`'${esiid}`] : []),
      ...(options.hasStamps ? [stamp] : []),
      ...[usageDate, start, end, value, channelName],
    ];
    return { cells: cells.join(','), kind };
  };
  const hasSkippedHour = day.slotCount === 92 && !options.skipsGaps;
  return labelsOf(day).flatMap((labels, slot) => {
    const before = hasSkippedHour && slot === 8 ? skippedHour.map((each) => row(each, ',', 'skipped')) : [];
    const reading = block.slots[slot];
    if (reading) return [...before, row(labels, valueCells(reading), 'value')];
    // In the repeated hour a missing row would leave its neighbours' slots undetermined.
    return options.skipsGaps && day.slotCount !== 100 ? before : [...before, row(labels, ',', 'gap')];
  });
}

function valueCells({ milliKwh, estimated }: Reading): string {
  const text = (milliKwh / 1000)
    .toFixed(3)
    .replace(/^0/, '')
    .replace(/\.?0+$/, '');
  return `${text === '' ? '0' : text},${estimated ? 'E' : 'A'}`;
}

type Stamped = Pick<DayReadings, 'day' | 'stampedAfterDays'>;

/** The stamp of SMT's files; blank without one. */
export function stampOf(stamped: Stamped): string {
  const [date, time] = isoStampOf(stamped).split(' ');
  return date && time ? `${usDate(date)} ${time}` : '';
}

function isoStampOf({ day, stampedAfterDays }: Stamped): string {
  if (stampedAfterDays === null) return '';
  const stampedMs = Date.parse(`${day.date}T00:00:00Z`) + stampedAfterDays * 86_400_000;
  return `${new Date(stampedMs).toISOString().slice(0, 10)} 06:18:33`;
}
