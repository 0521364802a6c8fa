import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Delimiter, splitLine, splitLines } from '../../shared/smt/csv/csv.ts';

const delimiters: readonly Delimiter[] = [',', '\t', ';'];
const field = fc.string({
  unit: fc.constantFrom('a', '7', ' ', "'", '"', ',', ';', '\t', 'é'),
  maxLength: 6,
});

/** What csv-parse makes of a line that stands for itself; null for broken quoting. */
function byCsvParse(line: string, delimiter: Delimiter): string[] | null {
  try {
    const records: string[][] = parse(line, { delimiter, relax_column_count: true, skip_empty_lines: false });
    return records[0] ?? [''];
  } catch {
    return null;
  }
}

test('Any line splits as csv-parse splits it, broken quoting included', () => {
  const property = fc.property(
    fc.array(field, { minLength: 1, maxLength: 5 }),
    fc.constantFrom(...delimiters),
    (fields, delimiter) => {
      const line = fields.join(delimiter);
      expect(splitLine(line, delimiter)).toEqual(byCsvParse(line, delimiter));
    },
  );

  fc.assert(property, { seed: 1, numRuns: 3000 });
});

test('Fields come back as they were, whatever is in them, when they are quoted', () => {
  const property = fc.property(
    fc.array(field, { minLength: 1, maxLength: 5 }),
    fc.constantFrom(...delimiters),
    (fields, delimiter) => {
      const line = fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(delimiter);
      expect(splitLine(line, delimiter)).toEqual(fields);
    },
  );

  fc.assert(property, { seed: 1, numRuns: 1000 });
});

test('A line splits among others as it does alone, however many of them are broken', () => {
  const line = fc.array(field, { minLength: 1, maxLength: 3 });
  const property = fc.property(
    fc.array(line, { maxLength: 12 }),
    fc.constantFrom(...delimiters),
    (rows, delimiter) => {
      const lines = rows.map((fields) => fields.join(delimiter));
      const fieldsOf = splitLines(lines, delimiter);
      expect(lines.map((_, index) => fieldsOf(index))).toEqual(
        lines.map((text) => byCsvParse(text, delimiter)),
      );
    },
  );

  fc.assert(property, { seed: 1, numRuns: 1000 });
});
