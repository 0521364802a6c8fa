import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { type Delimiter, splitLine, splitLines } from '../../shared/smt/csv/csv.ts';

vi.mock('csv-parse/sync', { spy: true });

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

test('Lines are parsed in one call, however many of them are broken', () => {
  const lines = ['"a', 'b"', '"a""b",c', '"a"b', 'a,b', '"', '""', '"a,b"', '=""1""', '="123",4'];
  const expected = lines.map((line) => splitLine(line, ','));
  vi.mocked(parse).mockClear();

  const fieldsOf = splitLines([...lines, ...lines], ',');

  expect([...lines, ...lines].map((_, index) => fieldsOf(index))).toEqual([...expected, ...expected]);
  expect(parse).toHaveBeenCalledTimes(1);
});
