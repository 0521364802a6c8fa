import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Delimiter, splitLine } from '../../shared/smt/csv/csv.ts';

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

test.each([
  ['a quote that does not close', '"a', 'b'],
  ['doubled quotes', '"', '""'],
  ['quoted fields', '', '"a",'],
  ['quotes beside fields', 'a', '"a"'],
  ['quotes within fields', 'a', ',a"'],
  ['fields, and a quote at the end', '', 'a,'],
])(
  'The characters that are searched are as many as a line has, however its quoting is broken: %s',
  (_, begin, part) => {
    const line = `${begin}${part.repeat(10_000)}"`;
    const { indexOf } = String.prototype;
    let searched = 0;
    const spy = vi.spyOn(String.prototype, 'indexOf').mockImplementation(function (
      this: string,
      sign,
      from = 0,
    ) {
      const at = indexOf.call(this, sign, from);
      searched += (at < 0 ? this.length : at + 1) - from;
      return at;
    });
    onTestFinished(() => spy.mockRestore());

    splitLine(line, ',');

    expect(searched).toBeLessThanOrEqual(line.length);
  },
);
