import { copiedString } from './copied-string.ts';

/** The location of a cell, for error messages. */
export interface CellPlace {
  /** 1-based line in the decoded file; the header counts. */
  readonly lineNumber: number;
  /** The column's name. */
  readonly column: string;
  readonly text: string;
}

const maxShownLength = 60;

/** `"13/05/2025" in column "Date" (line 4)` */
export function describeCell({ lineNumber, column, text }: CellPlace): string {
  return `${quoted(text)} in column ${quoted(column)} (line ${lineNumber})`;
}

/** A text from a file for use in messages: truncated, without control characters. */
export function quoted(text: string): string {
  const shown = text.trim().slice(0, maxShownLength).toWellFormed();
  return `"${copiedString(shown).replace(/\p{Cc}/gu, '\uFFFD')}"`;
}
