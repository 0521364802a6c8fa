/** 17 digits (most utilities) or 22 (CenterPoint): smt-format, "ESIID: text, never a number". */
export const esiidPattern = /^(?:\d{17}|\d{22})$/;

/** Spreadsheet guards against reading digits as a number: `'1044…`, `="1044…"`, the same with curly quotes; and blanks. */
const guards = /^(?:=?["'‘’“”`]*)|[\s\u200b\ufeff]+|["'‘’“”]*$/g;
/** Excel keeps 15 digits of a number and writes zeros for the rest. */
const roundedByExcel = /^\d{15}0{7}$/;

/**
 * Strips spreadsheet guards and blanks from an ESIID.
 * @returns the digits, or null when what is left is not an ESIID: the digits of `1.04437E+16` are lost, and so are those
 *   of one with 22 that ends in seven zeros
 */
export function parseEsiid(text: string): string | null {
  if (text.length > 100) return null;
  const digits = text.trim().replace(guards, '');
  return esiidPattern.test(digits) && !roundedByExcel.test(digits) ? digits : null;
}
