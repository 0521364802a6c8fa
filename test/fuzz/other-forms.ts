import assert from 'node:assert/strict';
import type { Dice } from '../support/dice.ts';
import { damageSign, formWriters } from '../support/every-form.ts';
import { esiid, meterDay, type Reading } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, readBytes } from '../support/smt-read.ts';

const someDates = ['2022-03-13', '2022-11-06', '2022-11-07', '2024-02-29', '2006-04-02', '2006-10-29'];

function someReadings(dice: Dice, gaps: number): Reading[] {
  const days = dice
    .shuffled(someDates)
    .slice(0, 1 + dice.below(2))
    .sort();
  return dice.pick([['consumption'], ['consumption', 'generation']] as const).flatMap((channel) =>
    days.flatMap((date) =>
      meterDay({
        date,
        channel,
        // The first reading of the repeated hour is always there: without it the day lacks an hour, which is a case of its own.
        milliKwh: (slot) => (slot !== 8 && dice.chance(gaps) ? null : dice.below(99_999)),
        estimated: (slot) => slot !== 0 && dice.chance(0.1),
      }),
    ),
  );
}

/** Every form gives every reading. */
export async function otherForm(dice: Dice): Promise<void> {
  const name = dice.pick(Object.keys(formWriters));
  const readings = someReadings(dice, 0.1);

  const { report, blocks } = await readBytes(formWriters[name]?.(readings) ?? '', {
    esiidHint: name === 'portal JSON' ? esiid : null,
    chunkBytes: 1 + dice.below(5000),
  });

  assert.deepEqual(report.rejectedRows, [], name);
  assert.deepEqual(intervalsOf(blocks), intervalsOfReadings(readings), name);
}

/** One with a sign too few, too many or elsewhere yields no value that it did not have. */
export async function damagedForm(dice: Dice): Promise<void> {
  const name = dice.pick(Object.keys(formWriters));
  // One comma less and one more may shift the values between two gaps, and nothing in the file shows it.
  const readings = someReadings(dice, 0);
  let text = formWriters[name]?.(readings) ?? '';
  for (let edits = 1 + dice.below(3); edits > 0; edits--)
    text = damageSign(text, {
      at: dice.below(1e9),
      what: dice.pick(['drop', 'double', 'swap']),
      to: dice.below(1e9),
    });

  const { blocks } = await readBytes(text, { esiidHint: esiid });

  const given = new Set(intervalsOfReadings(readings).map(withoutFlag));
  for (const interval of intervalsOf(blocks))
    assert.ok(given.has(withoutFlag(interval)), `${name}: ${interval} is not in the file`);
}

/** A sign that is lost can take a flag with it. */
function withoutFlag(interval: string): string {
  return interval.slice(0, -2);
}
