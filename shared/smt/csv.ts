import { parse } from 'csv-parse/sync';
import type { LineChunk } from './text.ts';

const quote = 0x22;
const carriageReturn = 0x0d;

export type Delimiter = ',' | '\t' | ';';

/** The records of a chunk of lines: one a line, so that record i stands on line firstLine + i. */
export interface RecordBatch {
  readonly firstLine: number;
  readonly records: readonly (readonly string[])[];
  /** Indexes of lines whose quoting is broken, or that are no lines of a table at all. */
  readonly broken: ReadonlySet<number>;
  /** The text of a line as it stood in the file. */
  lineText(index: number): string;
}

const quotedLine: Readonly<Record<Delimiter, RegExp>> = {
  ',': /^(?:"(?:[^"]|"")*"|[^",]*)(?:,(?:"(?:[^"]|"")*"|[^",]*))*$/,
  '\t': /^(?:"(?:[^"]|"")*"|[^"\t]*)(?:\t(?:"(?:[^"]|"")*"|[^"\t]*))*$/,
  ';': /^(?:"(?:[^"]|"")*"|[^";]*)(?:;(?:"(?:[^"]|"")*"|[^";]*))*$/,
};

/**
 * Splits lines into fields with csv-parse. A field of an SMT file never spans lines, so each line stands for
 * itself: one with broken quoting is taken out before csv-parse, where it would swallow its neighbours.
 */
export function parseLines(chunk: LineChunk, delimiter: Delimiter): RecordBatch {
  const { bytes, firstLine } = chunk;
  let lines: string[] | undefined;
  const linesOf = (): string[] => {
    lines ??= bytes.toString().split(/\r\n|\n|\r/);
    return lines;
  };
  const lineText = (index: number): string => linesOf()[index] ?? '';
  if (chunk.overlong) return { firstLine, records: [['']], broken: new Set([0]), lineText };

  const hasQuotes = bytes.includes(quote);
  const broken = new Set<number>();
  let input: Buffer | string = bytes;
  if (hasQuotes) {
    const wellFormed = quotedLine[delimiter];
    linesOf().forEach((line, index) => {
      if (line.includes('"') && !wellFormed.test(line)) broken.add(index);
    });
    if (broken.size > 0)
      input = linesOf()
        .map((line, index) => (broken.has(index) ? '' : line))
        .join('\n');
  }
  const records = parse(input, {
    delimiter,
    quote: hasQuotes ? '"' : false,
    record_delimiter:
      typeof input !== 'string' && bytes.includes(carriageReturn) ? ['\r\n', '\n', '\r'] : '\n',
    relax_column_count: true,
    skip_empty_lines: false,
  });
  return { firstLine, records, broken, lineText };
}
