/** The values of a block as the columns wh and kwh hold them: one is Postgres' text of an array, the other null. */
interface StoredValues {
  readonly wh: string | null;
  readonly kwh: string | null;
}

/** The greatest value of a smallint. */
const maxWattHours = 32_767;

/** @param kwh canonical decimals by slot */
export function storedValues(kwh: readonly (string | null)[]): StoredValues {
  let wh = '';
  for (const value of kwh) {
    const wattHours = value === null ? 'NULL' : wattHoursOf(value);
    if (wattHours === null) return { wh: null, kwh: `{${kwh.map((decimal) => decimal ?? 'NULL').join()}}` };
    wh += wh === '' ? wattHours : `,${wattHours}`;
  }
  return { wh: `{${wh}}`, kwh: null };
}

/** Null when they are no whole number, or too many for the column. Without floating point: the digits are read as one integer. */
function wattHoursOf(kwh: string): number | null {
  const point = kwh.indexOf('.');
  const decimals = point === -1 ? 0 : kwh.length - point - 1;
  if (decimals > 3) return null;
  const digits = point === -1 ? kwh : kwh.slice(0, point) + kwh.slice(point + 1);
  const wattHours = Number(digits) * 10 ** (3 - decimals);
  return wattHours <= maxWattHours ? wattHours : null;
}
