import assert from 'node:assert/strict';
import type { Dice } from '../support/dice.ts';
import { type OtherToolFile, otherToolFile, receivedAt, textOfFile } from '../support/other-tool-file.ts';
import { addDays } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, type ReadFile, readBytes } from '../support/smt-read.ts';

/** Whatever a tool makes of readings is read exactly or rejected, and never read as something else. */
export async function otherTool(dice: Dice): Promise<void> {
  const file = otherToolFile(dice);
  const lineEnd = dice.pick(['\n', '\n', '\r\n', '\r']);
  const encoded = encode(dice, textOfFile(file, lineEnd));

  const read = await readBytes(encoded, { receivedAt, esiidHint: file.esiidHint });

  assertTruthful(file, read);
}

function encode(dice: Dice, text: string): Buffer {
  return dice.pick([
    () => Buffer.from(text),
    () => Buffer.from(`\ufeff${text}`),
    () => Buffer.from(`\ufeff${text}`, 'utf16le'),
  ])();
}

/** What is stored is in the file, what is not is counted, and a file that proves itself is read to the last row. */
function assertTruthful(file: OtherToolFile, { report, blocks }: ReadFile): void {
  const { counts } = report;
  const stored = intervalsOf(blocks);
  const context = `${file.name}: ${report.errorMessage}`;
  if (report.status !== 'normalized') {
    assert.equal(report.status, 'failed', `${context}: a file of intervals is not ignored`);
    assert.deepEqual(stored, [], context);
    assert.ok(!file.isProved, `${context}: a file that proves itself is read`);
    return;
  }
  assert.ok(!file.isOther, `${context}: nothing of it may be read`);
  const given = new Set(intervalsOfReadings(file.rows.map(({ reading }) => reading)));
  for (const interval of stored) assert.ok(given.has(interval), `${context}: ${interval} is not in the file`);
  const rejected = rejectedRows(counts);
  assert.equal(counts.rowsRead, file.rows.length, context);
  assert.ok(
    given.size - stored.length <= rejected,
    `${context}: ${given.size - stored.length} missing, ${rejected} rejected`,
  );
  if (file.isProved) assert.equal(stored.length, given.size, context);
}

/** One cell that contradicts the others is rejected with its part of the file, and changes nothing else. */
export async function contradictedCell(dice: Dice): Promise<void> {
  const file = otherToolFile(dice);
  const options = { receivedAt, esiidHint: file.esiidHint };
  const before = await readBytes(textOfFile(file), options);
  if (before.report.status !== 'normalized') return;
  const contradicted = contradict(dice, file, new Set(intervalsOf(before.blocks)));
  if (!contradicted) return;

  const { report, blocks } = await readBytes(textOfFile(contradicted.file), options);

  const context = `${file.name}; ${contradicted.what}`;
  const given = new Set(intervalsOf(before.blocks));
  const stored = intervalsOf(blocks);
  for (const interval of stored) assert.ok(given.has(interval), `${context}: ${interval} is not in the file`);
  assert.ok(
    rejectedRows(report.counts) > rejectedRows(before.report.counts) || report.status === 'failed',
    context,
  );
}

function rejectedRows({
  invalidTimestamp,
  invalidRow,
  invalidKwh,
  invalidEsiid,
}: ReadFile['report']['counts']): number {
  return invalidTimestamp + invalidRow + invalidKwh + invalidEsiid;
}

type Row = OtherToolFile['rows'][number];

/** Ways to contradict, by the column's role: the new cell, or null where it would not. */
const contradictions: Readonly<
  Record<
    string,
    (dice: Dice, file: OtherToolFile, column: OtherToolFile['columns'][number], row: Row) => string | null
  >
> = {
  'a label off by five minutes': (_dice, _file, { role, cell }, { reading }) =>
    role === 'start' || role === 'end' || role === 'label'
      ? cell({ ...reading, startMs: reading.startMs + 300_000, wallMinutes: reading.wallMinutes + 5 })
      : null,
  'a start of the day before its end': (_dice, _file, { role, cell }, { reading }) =>
    // A day's last end may have the date of either day, and then its start with the other is right too.
    role === 'start' && reading.wallMinutes < 1425
      ? cell({ ...reading, startMs: reading.startMs - 86_400_000, date: addDays(reading.date, -1) })
      : null,
  'a date of the other order': (_dice, _file, { role, cell }, { reading }) => {
    if (role !== 'date' && role !== 'start') return null;
    const match = /^(\d{1,2})([/.])(\d{1,2})(\2\d{4}.*)$/.exec(cell(reading));
    const [, first = '', separator = '', second = '', rest = ''] = match ?? [];
    return Number(first) > 12 || Number(second) > 12 ? `${second}${separator}${first}${rest}` : null;
  },
  'the ESIID of another meter': (_dice, { rows }, { role, cell }, { reading }) => {
    const other = rows.find(
      (row) =>
        row.reading.startMs === reading.startMs &&
        row.reading.esiid !== reading.esiid &&
        row.reading.channel === reading.channel,
    )?.reading;
    const isOther = other && other.milliKwh !== null && other.milliKwh !== reading.milliKwh;
    return role === 'esiid' && isOther ? cell(other) : null;
  },
  'an ESIID without its last digit': (_dice, _file, { role, cell }, { reading }) =>
    role === 'esiid' ? cell({ ...reading, esiid: reading.esiid.slice(0, -1) }) : null,
  'kWh that are no number': (dice, _file, { role }) =>
    role === 'kwh' ? dice.pick(['-0.145', '1e3', 'n/a', '0..1', '1.2345678', '12 kWh', '$1']) : null,
  'a flag of another kind': (_dice, _file, { role }) => (role === 'flag' ? 'OffPeak' : null),
  'a channel that depends on the point of view': (_dice, _file, { role }) =>
    role === 'channel' ? 'Delivered' : null,
};

/** @param read the intervals that the file gave: a row that is rejected as it is cannot be contradicted */
function contradict(
  dice: Dice,
  file: OtherToolFile,
  read: ReadonlySet<string>,
): { file: OtherToolFile; what: string } | null {
  const index = dice.below(file.rows.length);
  const row = file.rows[index];
  if (!row || !intervalsOfReadings([row.reading]).some((interval) => read.has(interval))) return null;
  const changes = Object.entries(contradictions).flatMap(([what, change]) =>
    file.columns.flatMap((column, at) => {
      const cell = change(dice, file, column, row);
      return cell === null || cell === row.cells[at] ? [] : [{ what, cells: row.cells.with(at, cell) }];
    }),
  );
  if (changes.length === 0) return null;
  const { what, cells } = dice.pick(changes);
  return { what, file: { ...file, rows: file.rows.with(index, { ...row, cells }) } };
}
