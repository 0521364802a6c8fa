import assert from 'node:assert/strict';
import type { Dice } from '../support/dice.ts';
import { otherToolFile, receivedAt, textOfFile } from '../support/other-tool-file.ts';
import { smtDialects, writeFile } from '../support/smt-dialects.ts';
import { dates, meterDay, otherEsiid } from '../support/smt-meter.ts';
import { intervalsOf, readBytes } from '../support/smt-read.ts';

/**
 * A valid file that is damaged at random yields what the valid one does, and at most one more interval for each damaged line, with
 * a number of that line: a damaged digit may be another valid one, and then its row says what the file says. Flags are not
 * compared: a damaged header may lose their column.
 */
export async function damagedValues(dice: Dice): Promise<void> {
  const { text, begin, esiidHint } = validFile(dice);
  const options = { receivedAt, esiidHint };
  const valid = await readBytes(text, options);
  if (valid.report.status !== 'normalized') return;
  let damaged = text;
  for (let edits = 1 + dice.below(3); edits > 0; edits--) damaged = damage(dice, damaged, begin);

  const { blocks } = await readBytes(damaged, options);

  const given = new Set(intervalsOf(valid.blocks).map(withoutFlag));
  const foreign = intervalsOf(blocks)
    .map(withoutFlag)
    .filter((interval) => !given.has(interval));
  const lines = damagedLines(text, damaged);
  const numbers = new Set(lines.flatMap((line) => (line.match(/\d*\.?\d+/g) ?? []).map(Number)));
  const context = `${lines.map((line) => JSON.stringify(line)).join(' and ')} gave ${foreign.length}, such as ${foreign[0]}`;
  assert.ok(foreign.length <= lines.length, context);
  for (const interval of foreign) assert.ok(numbers.has(Number(interval.split(' ')[3])), context);
}

interface ValidFile {
  readonly text: string;
  /** Where its header begins. */
  readonly begin: number;
  readonly esiidHint: string | null;
}

function validFile(dice: Dice): ValidFile {
  if (dice.chance(0.5)) {
    const file = otherToolFile(dice);
    return {
      text: textOfFile(file),
      begin: [...file.preamble, ''].join('\n').length,
      esiidHint: file.esiidHint,
    };
  }
  const days = dates(dice.pick(['2025-03-08', '2025-11-01', '2025-07-01']), 1 + dice.below(3));
  const readings = dice
    .pick([['consumption'], ['consumption', 'generation']] as const)
    .flatMap((channel) =>
      days.flatMap((date) =>
        meterDay({ date, channel, esiid: otherEsiid, milliKwh: () => dice.below(99_999) }),
      ),
    );
  return { text: writeFile(dice.pick(smtDialects), readings), begin: 0, esiidHint: null };
}

/** A digit of a date or a time becomes another: what damages the proof of how a file writes them, and leaves valid cells. */
function damageDigit(dice: Dice, text: string, begin: number): string {
  const digits = [...text.slice(begin).matchAll(/\d(?=[/.:-])|(?<=[/.:-])\d/g)];
  const at = begin + (digits.length > 0 ? dice.pick(digits).index : 0);
  return `${text.slice(0, at)}${dice.below(10)}${text.slice(at + 1)}`;
}

/** Changes, drops, doubles or moves a character, or a line. */
function damage(dice: Dice, text: string, begin: number): string {
  if (dice.chance(0.3)) return damageDigit(dice, text, begin);
  const at = begin + dice.below(text.length - begin);
  const sign = dice.pick([...'0123456789:/.,;\'"\n AEPM-+TZxe\t']);
  switch (dice.below(7)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + sign + text.slice(at);
    case 2:
      return text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2);
    case 3: {
      const end = text.indexOf('\n', at) + 1;
      return text.slice(0, at) + text.slice(end || at + 1);
    }
    case 4:
      return text.slice(0, at);
    default:
      return text.slice(0, at) + sign + text.slice(at + 1);
  }
}

/** Lines that the valid file has not. */
function damagedLines(valid: string, damaged: string): string[] {
  const known = new Set(valid.split(/\r\n|\n|\r/));
  return damaged.split(/\r\n|\n|\r/).filter((line) => !known.has(line));
}

function withoutFlag(interval: string): string {
  return interval.slice(0, -2);
}
