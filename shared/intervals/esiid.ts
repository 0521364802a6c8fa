/** 17 digits (most utilities) or 22 (CenterPoint): smt-format, "ESIID: text, never a number". */
export const esiidPattern = /^(?:\d{17}|\d{22})$/;

/**
 * Takes the Excel guard (a leading apostrophe) and blanks off an ESIID.
 * @returns the digits, or null when what is left is not an ESIID (`1.04437E+16` has lost its digits for good)
 */
export function parseEsiid(text: string): string | null {
  const trimmed = text.trim();
  const digits = trimmed.startsWith("'") ? trimmed.slice(1).trim() : trimmed;
  return esiidPattern.test(digits) ? digits : null;
}
