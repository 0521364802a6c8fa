import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { Dice } from '../support/dice.ts';
import { allDialects, type Dialect, portal2022, smtDialects, writeFile } from '../support/smt-dialects.ts';
import { esiid, meterDay, otherEsiid, type Reading } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, readBytes } from '../support/smt-read.ts';
import { writeZip, zip } from '../support/smt-zip.ts';

const dates = ['2022-03-13', '2022-11-06', '2022-07-01'] as const;

function someDialect(dice: Dice, dialects: readonly Dialect[]): Dialect {
  return dialects[dice.below(dialects.length)] ?? portal2022;
}

function someDay(dice: Dice, id: string): Reading[] {
  return meterDay({ esiid: id, date: dice.pick(dates), milliKwh: (slot) => (slot * 31) % 997 });
}

function packed(dice: Dice, bytes: Buffer): Buffer {
  switch (dice.below(4)) {
    case 0:
      return gzipSync(bytes);
    case 1:
      return zip({ 'a.csv': bytes, 'b.CSV': bytes });
    case 2:
      return zip({ 'a.gz': gzipSync(bytes) });
    default:
      return bytes;
  }
}

function read(dice: Dice, bytes: Buffer) {
  const chunkBytes = dice.pick([1 + dice.below(50) + Math.floor(bytes.length / 10_000), 1024, 65_536]);
  const maxOpenBlocks = dice.pick([1, 3, 2048]);
  return readBytes(bytes, { esiidHint: dice.pick([null, esiid]), chunkBytes, maxOpenBlocks });
}

const beginnings = [
  '',
  'PK\x03\x04',
  'PK\x05\x06',
  '\x1f\x8b\x08\0',
  '\xff\xfe',
  '\xfe\xff',
  '\xef\xbb\xbf',
  `${portal2022.header}\n`,
  'timestamp,kwh\n',
  '-----BEGIN PGP MESSAGE-----\n',
] as const;

/** Any bytes result in a report whose counts add up. */
export async function arbitraryBytes(dice: Dice): Promise<void> {
  const beginning = Buffer.from(dice.pick(beginnings), 'latin1');
  const alphabet = dice.pick(['', ',"\r\n\t;0123456789:/.-AE ', '"\n', '\0\n,']);
  const noise = dice.bytes(dice.below(5000));
  const rest = alphabet ? noise.map((byte) => alphabet.charCodeAt(byte % alphabet.length)) : noise;

  await read(dice, Buffer.concat([beginning, rest]));
}

/** A truncated file loses at most the row at the cut; a truncated archive fails. */
export async function truncated(dice: Dice): Promise<void> {
  const readings = someDay(dice, otherEsiid);
  const bytes = Buffer.from(writeFile(someDialect(dice, smtDialects), readings));
  const container = packed(dice, bytes);
  const length = dice.below(container.length);

  const { report, blocks } = await read(dice, container.subarray(0, length));

  if (container === bytes) {
    const given = new Set(intervalsOfReadings(readings).map(withoutValue));
    for (const interval of intervalsOf(blocks)) assert.ok(given.has(withoutValue(interval)));
  } else {
    assert.equal(report.status, 'failed');
    assert.deepEqual(blocks, []);
  }
}

/** A truncated value may read as a shorter one. */
function withoutValue(interval: string): string {
  return interval.split(' ').slice(0, 3).join(' ');
}

/** Valid rows of another meter are read, whatever the rows beside them contain, unless those prove another order of dates. */
export async function mutatedRows(dice: Dice): Promise<void> {
  const dialect = someDialect(dice, smtDialects);
  const readings = someDay(dice, otherEsiid);
  const good = dialect.lines(readings);
  const bad = dialect.lines(someDay(dice, esiid)).map((line) => mutated(dice, line));
  const lines = good.flatMap((line, i) => (dice.roll() < 0.5 ? [line] : [bad[i] ?? '', line]));
  const text = [dialect.header, ...lines].join(dialect.lineEnd ?? '\n');

  const { report, blocks } = await read(dice, packed(dice, Buffer.from(text)));

  if (report.errorCode === 'ambiguous-dates') {
    assert.match(bad.join('\n'), /(1[3-9]|[23]\d)\/\d{1,2}\/\d/, report.errorMessage ?? '');
    assert.deepEqual(blocks, []);
    return;
  }
  assert.equal(report.status, 'normalized', report.errorMessage ?? '');
  const read22 = intervalsOf(blocks).filter((interval) => interval.startsWith(otherEsiid));
  const expected = intervalsOfReadings(readings);
  assert.deepEqual([...new Set(read22)], expected);
}

function mutated(dice: Dice, line: string): string {
  let result = line;
  for (let edits = 1 + dice.below(4); edits > 0; edits--) {
    const at = dice.below(result.length + 1);
    const inserted = dice.pick([
      '',
      '"',
      '""',
      ',',
      '\t',
      '\n',
      '\r',
      "'",
      '\0',
      '\u2028',
      '\uFFFF',
      'é',
      '9',
      '-',
      '.',
      ' ',
      ':',
      'CDT',
      '24:00',
      'E',
      ','.repeat(500),
      'x'.repeat(dice.roll() < 0.05 ? dice.below(200_000) : 10),
    ]);
    result = result.slice(0, at) + inserted + result.slice(at + dice.below(4));
  }
  return result;
}

/** A member of a damaged archive is read whole or fails. */
export async function damagedArchive(dice: Dice): Promise<void> {
  const readings = [someDay(dice, esiid), someDay(dice, otherEsiid)];
  const dialect = someDialect(dice, smtDialects);
  const files = readings.map((day) => Buffer.from(writeFile(dialect, day)));
  const archive = dice.pick([
    writeZip(files.map((bytes, i) => ({ name: `${i}.csv`, bytes, isStored: dice.roll() < 0.3 }))).bytes,
    gzipSync(files[0] ?? ''),
  ]);
  const bytes = Buffer.from(archive);
  for (let edits = 1 + dice.below(3); edits > 0; edits--) bytes[dice.below(bytes.length)] = dice.below(256);

  const { blocks } = await read(dice, bytes);

  const whole = new Set(readings.flatMap(intervalsOfReadings));
  for (const interval of intervalsOf(blocks)) assert.ok(whole.has(interval), `${interval} is in no file`);
}

/** Rows of any dialect in any order, some twice, end in a report; a slot gets no value that no row has. */
export async function shuffledRows(dice: Dice): Promise<void> {
  const dialect = someDialect(dice, allDialects);
  const readings = someDay(dice, esiid);
  const lines = dialect.lines(readings).flatMap((line) => (dice.roll() < 0.2 ? [line, line] : [line]));
  const shuffled = lines.map((line) => ({ line, place: dice.roll() })).sort((a, b) => a.place - b.place);
  const text = [dialect.header, ...shuffled.map(({ line }) => line)].join(dialect.lineEnd ?? '\n');

  const { blocks } = await readBytes(text, { esiidHint: esiid });

  const written = new Set(intervalsOfReadings(readings));
  for (const interval of intervalsOf(blocks)) assert.ok(written.has(interval), `${interval} was made up`);
}
