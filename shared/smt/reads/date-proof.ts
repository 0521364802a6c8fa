import { FileError } from '../../archive/file-error.ts';

const numericDate = /^\s*(\d{1,2})[/-](\d{1,2})[/-]\d{4}/;
const timeOfDay = /\d{1,2}:\d{2}/;
const midnight = /\b(?:0?0|24):00(?::00)?\b|\b12:00(?::00)?\s*a/i;

interface Cell {
  readonly column: string;
  readonly text: string;
  readonly lineNumber: number;
}

/**
 * Proves the date columns of a report. SMT writes the month first; a day-first file has dates such as 13/05/2021, and all
 * others of it (05/06/2021) would be read as another day. A time of day means that the rows are parts of days.
 */
export class DateProof {
  private dayFirst: Cell | null = null;
  private isMonthFirst = false;

  /** @returns a FileError `contradicted-column` for a date with a time of day other than midnight, else null */
  check(cell: Cell): FileError | null {
    if (timeOfDay.test(cell.text) && !midnight.test(cell.text))
      return contradiction(cell, 'has a time of day');
    const match = numericDate.exec(cell.text);
    if (Number(match?.[1]) > 12) this.dayFirst ??= cell;
    else if (Number(match?.[2]) > 12) this.isMonthFirst = true;
    return null;
  }

  /** @throws FileError `contradicted-column` if the dates can only be day-first */
  finish(): void {
    if (this.dayFirst && !this.isMonthFirst)
      throw contradiction(this.dayFirst, 'has its day first, where SMT writes the month first');
  }
}

function contradiction({ column, text, lineNumber }: Cell, why: string): FileError {
  return new FileError(
    'contradicted-column',
    `"${column}" is no column of dates as SMT writes them: "${text.trim().slice(0, 40)}" on line ${lineNumber} ${why}.`,
  );
}
