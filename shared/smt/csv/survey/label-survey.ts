import { minutesPerDay, slotOfInstant } from '../../../intervals/clock.ts';
import { checkCount } from '../../check-count.ts';
import type { CellPlace } from '../place-of-cell.ts';
import type { ParsedRow } from '../row-parser.ts';
import type { LabelConvention } from '../time/label-convention.ts';
import { DayLabels } from './day-labels.ts';
import { MeterLabels } from './meter-labels.ts';

const slotMinutes = 15;
const lastMinute = minutesPerDay - 1;
/** Maximum number of meter-days that wait for more rows; beyond it the oldest are evaluated as they are. */
const maxOpenDays = 20_000;
/** Maximum number of meters, and of their days whose labels are not quarter hours. */
const defaultLimits = { meters: 200_000, oddDays: 500_000 };

/** What the survey needs of a row. */
interface LabelledRow {
  readonly run: Pick<ParsedRow['run'], 'esiid' | 'channel' | 'date' | 'revisedAt'>;
  readonly label: ParsedRow['label'];
}

interface OpenDay {
  readonly meter: MeterLabels;
  readonly date: string;
  readonly labels: DayLabels;
}

/** Collects what the labels of a file with one label a row show of each meter: starts or ends, and how far apart. */
export class LabelSurvey {
  readonly meters = new Map<string, MeterLabels>();
  private readonly openDays = new Map<string, OpenDay>();
  private readonly limits: typeof defaultLimits;
  private oddDayCount = 0;

  constructor(limits = defaultLimits) {
    this.limits = limits;
  }

  /**
   * @param place the label's cell
   * @throws FileError `too-many-meters`
   */
  add({ run, label }: LabelledRow, place: () => CellPlace): void {
    const meterName = `${run.esiid} ${run.channel}`;
    let meter = this.meters.get(meterName);
    if (!meter) {
      meter = new MeterLabels();
      this.meters.set(meterName, meter);
      checkCount(this.meters.size, this.limits.meters, 'meters');
    }
    const shown = shownDateAndMinutes(label.date ?? run.date, label);
    if (!shown) return;
    const { date, minutes } = shown;
    this.countOddDays(meter.add(date, minutes, label.minutes, place));
    if (minutes % slotMinutes !== 0) return;
    const isInstant = label.offsetMinutes !== null && label.date !== null;
    const name = `${meterName} ${run.revisedAt} ${date}`;
    let day = this.openDays.get(name);
    if (!day) {
      if (this.openDays.size >= maxOpenDays) this.closeDays(maxOpenDays / 2);
      day = { meter, date, labels: new DayLabels(isInstant) };
      this.openDays.set(name, day);
    }
    day.labels.add((minutes % minutesPerDay) / slotMinutes);
  }

  /** Evaluates the remaining days. Call it when all rows have been added. */
  finish(): void {
    this.closeDays(this.openDays.size);
  }

  /**
   * What the labels of each meter mean: as its own show, or as those of all other meters of the file that show anything.
   * @param name what the column's name says about them
   */
  conventions(name: 'start' | 'end' | 'either'): Map<string, LabelConvention | null> {
    const shown = new Map(
      [...this.meters].map(([meter, labels]) => [meter, labels.convention(name)] as const),
    );
    const different = new Set([...shown.values()].filter((convention) => convention !== null));
    const [agreed = null] = different.size === 1 ? different : [];
    return new Map(
      [...this.meters].map(([meter, labels]) => {
        const own = shown.get(meter) ?? null;
        return [meter, own ?? (agreed && labels.allows(agreed) ? agreed : null)];
      }),
    );
  }

  private countOddDays(isNew: boolean): void {
    if (isNew) this.oddDayCount++;
    checkCount(this.oddDayCount, this.limits.oddDays, 'days whose times are not quarter hours');
  }

  private closeDays(count: number): void {
    for (const [name, { meter, date, labels }] of [...this.openDays].slice(0, count)) {
      this.countOddDays(meter.addDay(date, labels));
      this.openDays.delete(name);
    }
  }
}

/** Date and minutes as a clock in Texas shows them; 23:59 for the end of a day is 24:00. */
function shownDateAndMinutes(
  date: string | null,
  label: ParsedRow['label'],
): { date: string; minutes: number } | null {
  if (date === null) return null;
  if (label.offsetMinutes === null || label.isCentral)
    return { date, minutes: label.minutes === lastMinute ? minutesPerDay : label.minutes };
  const instantMs = Date.parse(`${date}T00:00:00Z`) + (label.minutes - label.offsetMinutes) * 60_000;
  const { day, slot } = slotOfInstant(instantMs);
  const quarter =
    day.slotsOfQuarter?.findIndex((slots) => slots.includes(Math.floor(slot))) ?? Math.floor(slot);
  return { date: day.date, minutes: Math.round((quarter + (slot - Math.floor(slot))) * slotMinutes) };
}
