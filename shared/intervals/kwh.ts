/**
 * Reads exact decimals without floating point: at most `wholeDigits` before the point and five after it.
 * @returns for trimmed text that is not blank: the canonical form (`0.145`, `12`, `0`), with no superfluous zeros, so that
 *   equal values are equal strings; null for signs, exponents, separators and numbers that do not fit
 */
function exactDecimal(wholeDigits: number): (text: string) => string | null {
  const plainDecimal = new RegExp(`^0*(\\d{0,${wholeDigits}}?)(?:\\.(\\d{0,5}?)0*)?$`);
  return (text) => {
    const match = plainDecimal.exec(text);
    if (!match || text === '.') return null;
    const [, whole, fraction] = match;
    return fraction ? `${whole || '0'}.${fraction}` : whole || '0';
  };
}

/** Reads an interval's kWh, which fits `numeric(10,5)`. */
export const parseKwh = exactDecimal(5);

/** Reads a register reading, a demand, or the energy of a day or a billing period, which fits `numeric(15,5)`. */
export const parseReading = exactDecimal(10);

/** Texts of kWh less than this many thousandths are kept. */
const maxKeptText = 65_536;
const texts = new Array<string | undefined>(maxKeptText);

/** The canonical form of whole thousandths of a kWh: the same string for the same value, where it is a usual one. */
export function kwhOfThousandths(thousandths: number): string {
  if (thousandths >= maxKeptText) return String(thousandths / 1000);
  const text = texts[thousandths] ?? String(thousandths / 1000);
  texts[thousandths] = text;
  return text;
}
