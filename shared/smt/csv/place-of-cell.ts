import { copiedString } from './copied-string.ts';

/** A cell, for people to find it. */
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

/** A text from a file, as messages show it: cut, without control characters. */
export function quoted(text: string): string {
  const shown = text.trim().slice(0, maxShownLength).toWellFormed();
  return `"${copiedString(shown).replace(/\p{Cc}/gu, '\uFFFD')}"`;
}
