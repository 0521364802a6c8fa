/** Sums of kWh in the five decimals the database keeps, exactly: binary floating point would accumulate errors. */
const scale = 100_000n;
const decimalPattern = /^(-?)(\d+)(?:\.(\d{1,5}))?$/;

/** A decimal string in units of 0.00001. @throws RangeError for any other text */
export function parseDecimal(text: string): bigint {
  const match = decimalPattern.exec(text);
  if (!match) throw new RangeError(`${text} is not a decimal number with at most five places`);
  const [, sign, whole = '0', fraction = ''] = match;
  const units = BigInt(whole) * scale + BigInt(fraction.padEnd(5, '0'));
  return sign === '-' ? -units : units;
}

/** Units of 0.00001 as the shortest decimal string. */
export function formatDecimal(units: bigint): string {
  const size = units < 0n ? -units : units;
  const fraction = String(size % scale)
    .padStart(5, '0')
    .replace(/(?<!0)0+$/, '');
  return `${units < 0n ? '-' : ''}${size / scale}${fraction && `.${fraction}`}`;
}
