import { FileError } from '../../archive/file-error.ts';
import type { DailyRead } from '../../reads/daily-read.ts';
import { parseDailyRead } from '../daily-reads/parse-daily-read.ts';
import { latestTimes } from '../latest-times.ts';
import type { MemberReading } from '../member-reading.ts';
import { DateProof } from '../reads/date-proof.ts';
import { rejectLate } from '../reads/parsed-read.ts';
import { SeenReads } from '../reads/seen-reads.ts';
import { type JsonObject, textOf } from './json-object.ts';

/** Maximum number of different values of one meter and day; with more, the file is of another form. */
const maxValuesOfDay = 2;
/** The channel's name by the API's reading type. */
const channelNames: Readonly<Record<string, string>> = { c: 'Consumption', g: 'Surplus Generation' };

/**
 * Reads the daily register reads of the official API, `{"esiid", "registeredReads": [{"readDate", "revisionDate",
 * "startReading", "endReading", "energyDataKwh"}]}`. An object is a row.
 */
export class ApiDailyReads {
  /** Whether every read so far had a revision stamp. */
  areAllStamped = true;
  private readonly reading: MemberReading;
  private readonly seen = new SeenReads();
  private readonly dates = new DateProof();

  constructor(reading: MemberReading) {
    this.reading = reading;
  }

  /**
   * Reads an object of `registeredReads`.
   * @param esiid null if the file's value is not an ESIID
   * @throws FileError `several-rows-a-read`
   */
  read(object: JsonObject, esiid: string | null): void {
    const { tally } = this.reading;
    const text = (field: string): string => textOf(object, field) ?? '';
    const usageDate = text('readdate');
    const type = text('rt') || text('readingtype');
    tally.counts.rowsRead++;
    this.dates.check({ column: 'readDate', text: usageDate, lineNumber: object.line });
    const written = parseDailyRead({
      esiid: esiid ?? '',
      channel: channelNames[type.trim().toLowerCase()] ?? type,
      usageDate,
      revision: text('revisiondate'),
      startReading: text('startreading'),
      endReading: text('endreading'),
      kwh: text('energydatakwh'),
    });
    const parsed = rejectLate(
      written,
      (read) => read.usageDate,
      latestTimes(this.reading.options.receivedAt),
    );
    if (parsed.kind === 'rejected') tally.reject(parsed.reason, object.line, textOfObject(object));
    else if (parsed.kind === 'missing-kwh') tally.counts.missingKwh++;
    else this.add(parsed.read, object.line);
  }

  /** At the end of the file. @throws FileError `contradicted-column` if its dates can only be day-first */
  finish(): void {
    this.dates.finish();
    this.reading.isReadRecountNeeded = this.seen.isFull;
  }

  private add(read: DailyRead, line: number): void {
    const { counts } = this.reading.tally;
    const { esiid, channel, usageDate, revisedAt } = read;
    if (revisedAt === null) this.areAllStamped = false;
    const others = this.seen.add(`${esiid} ${channel} ${usageDate} ${revisedAt}`, read.content);
    if (others === 'duplicate') {
      counts.duplicateRows++;
      return;
    }
    if (others === 0) counts.dailyReadsRead++;
    else counts.conflictingRows++;
    if (others >= maxValuesOfDay)
      throw new FileError(
        'several-rows-a-read',
        `The object on line ${line} is the third of registeredReads that gives the same meter, day and revision another ` +
          'value, so that they are parts of something else, and none of them is loaded.',
      );
    this.reading.addRead(read);
  }
}

function textOfObject(object: JsonObject): string {
  return [...object.fields.keys()]
    .slice(0, 10)
    .map((field) => `${field.slice(0, 40)} ${JSON.stringify((textOf(object, field) ?? '').slice(0, 40))}`)
    .join(', ');
}
