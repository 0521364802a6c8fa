import { CsvError, parse } from 'csv-parse/sync';

export type Delimiter = ',' | '\t' | ';' | '|';

/** The fields of a line; null if its quoting is broken: a quote that does not close, or one inside a field or beside it. */
export type Fields = string[] | null;

/**
 * Splits lines into their fields. A field of an SMT file never spans lines, so each line is parsed separately, and one with
 * broken quoting does not affect its neighbours. csv-parse reads lines with quotes; lines without quotes, nearly all of
 * them, have no syntax but the delimiter, and a plain split takes an eighth of the time.
 * @returns a function that returns the fields of the line at an index
 */
export function splitLines(lines: readonly string[], delimiter: Delimiter): (index: number) => Fields {
  const quoted = lines.filter((line) => line.includes('"'));
  const unguarded = quoted.map((line) => line.replace(guardedDigits, '$1'));
  const fieldsOfQuoted = new Map(parseQuoted(unguarded, delimiter).map((fields, i) => [quoted[i], fields]));
  return (index) => {
    const line = lines[index] ?? '';
    return line.includes('"') ? (fieldsOfQuoted.get(line) ?? null) : line.split(delimiter);
  };
}

/** `="1044…"` keeps Excel from reading digits as a number, and is not valid CSV: its quotes are inside a field. */
const guardedDigits = /(?<![^,;|\t])="(\d+)"(?=[,;|\t]|$)/g;

/** {@link splitLines} for a single line. */
export function splitLine(line: string, delimiter: Delimiter): Fields {
  return line.includes('"') ? splitLines([line], delimiter)(0) : line.split(delimiter);
}

/** Parses all lines in one call, since a call per line takes ten times as long; bisects if a line is broken. */
function parseQuoted(lines: readonly string[], delimiter: Delimiter): Fields[] {
  if (lines.length === 0) return [];
  const records = tryParse(lines.join('\n'), delimiter);
  // A broken line absorbs the next one, so if there are as many records as lines, each line is one record.
  if (records?.length === lines.length) return records;
  if (lines.length === 1) return [null];
  const middle = lines.length >> 1;
  return [...parseQuoted(lines.slice(0, middle), delimiter), ...parseQuoted(lines.slice(middle), delimiter)];
}

function tryParse(text: string, delimiter: Delimiter): string[][] | null {
  try {
    return parse(text, { delimiter, record_delimiter: '\n', relax_column_count: true });
  } catch (error) {
    if (error instanceof CsvError) return null;
    throw error;
  }
}
