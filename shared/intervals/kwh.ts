const plainDecimal = /^0*(\d{0,5}?)(?:\.(\d{0,5}?)0*)?$/;

/**
 * Reads a kWh value as an exact decimal that fits `numeric(10,5)`, without floating point on the way.
 * @param text trimmed and not blank
 * @returns the canonical form (`0.145`, `12`, `0`): no superfluous zeros, so that equal values are equal
 *   strings; null for signs, exponents, separators, more than five places or five digits before the point
 */
export function parseKwh(text: string): string | null {
  const match = plainDecimal.exec(text);
  if (!match || text === '.') return null;
  const [, whole, fraction] = match;
  return fraction ? `${whole || '0'}.${fraction}` : whole || '0';
}
