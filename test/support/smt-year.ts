import { readFileSync } from 'node:fs';
import { addDays, dates, meterDay, momentsOf, type Reading } from './smt-meter.ts';

/** A made-up year with both clock changes, in which the repeated hour has equal rows. */
export function generatedYear(): Reading[] {
  return dates('2022-03-01', 320).flatMap((date, day) =>
    meterDay({
      date,
      // Low values that come again and again, as a fridge at night makes them.
      milliKwh: (slot) => 40 + ((slot * 7 + day * 3) % 5) + (slot > 60 ? (slot * day) % 900 : 0),
      estimated: (slot) => day % 40 === 7 && slot > 79,
    }),
  );
}

/**
 * The readings of a real file of one ESIID and the SMT header, as delivered: in order, so that row k of a day is slot k; the
 * rows of the hour that did not exist are left out.
 */
export function yearOfFile(path: string): Reading[] {
  const rows = readFileSync(path, 'utf8').trimEnd().split(/\r?\n/).slice(1);
  const slotsOfDate = new Map<string, number>();
  return rows.flatMap((row) => {
    const [id = '', usDate = '', , , , kwh = '', flag = '', channel = ''] = row.split(',');
    const [month, day, year] = usDate.split('/');
    const date = `${year}-${month}-${day}`;
    const slot = slotsOfDate.get(date) ?? 0;
    if (kwh === '' && momentsOf(date).length === 92 && slot === 8) return [];
    slotsOfDate.set(date, slot + 1);
    const moment = momentsOf(date)[slot];
    if (!moment) throw new Error(`${date} has no slot ${slot}`);
    const [whole = '', thousandths = ''] = kwh.split('.');
    return [
      {
        ...moment,
        esiid: id.replace("'", ''),
        channel: channel === 'Consumption' ? ('consumption' as const) : ('generation' as const),
        date,
        milliKwh: kwh === '' ? null : Number(`${whole}${thousandths.padEnd(3, '0')}`),
        estimated: flag === 'E',
        revision: `${addDays(date, 1)} 06:18`,
      },
    ];
  });
}
