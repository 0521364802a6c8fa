/** The values of a block as the columns wh and kwh hold them: one is Postgres' text of an array, the other null. */
interface StoredValues {
  readonly wh: string | null;
  readonly kwh: string | null;
}

/** The greatest value of a smallint. */
const maxWattHours = 32_767;
const zero = 0x30;

/** @param kwh canonical decimals by slot */
export function storedValues(kwh: readonly (string | null)[]): StoredValues {
  const wh: (number | 'NULL')[] = [];
  for (const value of kwh) {
    const wattHours = value === null ? 'NULL' : wattHoursOf(value);
    if (wattHours === null) return { wh: null, kwh: `{${kwh.map((decimal) => decimal ?? 'NULL').join()}}` };
    wh.push(wattHours);
  }
  return { wh: `{${wh.join()}}`, kwh: null };
}

/** Null when they are no whole number, or too many for the column. Without floating point: the digits are read as one integer. */
function wattHoursOf(kwh: string): number | null {
  const point = kwh.indexOf('.');
  const decimals = point === -1 ? 0 : kwh.length - point - 1;
  if (decimals > 3) return null;
  let digits = 0;
  for (let at = 0; at < kwh.length; at++) if (at !== point) digits = digits * 10 + kwh.charCodeAt(at) - zero;
  const wattHours = digits * 10 ** (3 - decimals);
  return wattHours <= maxWattHours ? wattHours : null;
}
