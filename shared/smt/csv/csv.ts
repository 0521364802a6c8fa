import { parse } from 'csv-parse/sync';

export type Delimiter = ',' | '\t' | ';' | '|';

/** The fields of a line; null if its quoting is broken: a quote that does not close, or one inside a field or beside it. */
export type Fields = string[] | null;

/** Lines whose fields are quoted whole, or have no quotes (RFC 4180). */
const soundLine: Readonly<Record<Delimiter, RegExp>> = {
  ',': /^(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*$/,
  '\t': /^(?:"(?:[^"]|"")*"|[^"\t]*)(?:\t(?:"(?:[^"]|"")*"|[^"\t]*))*$/,
  ';': /^(?:"(?:[^"]|"")*"|[^";]*)(?:;(?:"(?:[^"]|"")*"|[^";]*))*$/,
  '|': /^(?:"(?:[^"]|"")*"|[^"|]*)(?:[|](?:"(?:[^"]|"")*"|[^"|]*))*$/,
};

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

/**
 * Parses all lines in one call, since a call per line takes ten times as long. A broken line would absorb the next ones, so those
 * are sorted out first.
 */
function parseQuoted(lines: readonly string[], delimiter: Delimiter): Fields[] {
  const sound = lines.filter((line) => soundLine[delimiter].test(line));
  if (sound.length === 0) return lines.map(() => null);
  const options = { delimiter, record_delimiter: '\n', relax_column_count: true };
  const records: string[][] = parse(sound.join('\n'), options);
  if (records.length !== sound.length) throw new Error('a line with sound quotes is not one record');
  let next = 0;
  return lines.map((line) => (line === sound[next] ? (records[next++] ?? null) : null));
}
