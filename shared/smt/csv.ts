export type Delimiter = ',' | '\t' | ';';

/**
 * Splits a line into its fields. A field of an SMT file never spans lines, so each line stands for itself, and one with
 * broken quoting cannot swallow its neighbours. By hand rather than by csv-parse, which takes eight times as long on
 * lines without quotes, which is nearly all there are.
 * @returns null if the quoting is broken: a quote that does not close, or one inside a field or beside it
 */
export function splitLine(line: string, delimiter: Delimiter): string[] | null {
  return line.includes('"') ? splitQuoted(line, delimiter) : line.split(delimiter);
}

function splitQuoted(line: string, delimiter: Delimiter): string[] | null {
  const fields: string[] = [];
  for (let start = 0; ; ) {
    const isQuoted = line[start] === '"';
    const end = isQuoted ? endOfQuoted(line, start) : endOfPlain(line, start, delimiter);
    const field = isQuoted ? line.slice(start + 1, end - 1).replaceAll('""', '"') : line.slice(start, end);
    if (end < 0 || (!isQuoted && field.includes('"'))) return null;
    fields.push(field);
    if (end === line.length) return fields;
    if (line[end] !== delimiter) return null;
    start = end + 1;
  }
}

function endOfPlain(line: string, start: number, delimiter: Delimiter): number {
  const end = line.indexOf(delimiter, start);
  return end < 0 ? line.length : end;
}

/** Index after the quote that closes the one at start (two in a row stand for one); -1 if none does. */
function endOfQuoted(line: string, start: number): number {
  let close = line.indexOf('"', start + 1);
  while (close >= 0 && line[close + 1] === '"') close = line.indexOf('"', close + 2);
  return close < 0 ? -1 : close + 1;
}
