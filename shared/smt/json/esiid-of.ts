import { esiidPattern, parseEsiid } from '../../intervals/esiid.ts';
import { JsonNumber, type JsonObject } from './json-object.ts';

/**
 * The ESIID that an object names in a field of its own.
 * @returns undefined if it has no such field; null if what it says is no ESIID. A number is one only if it cannot have been
 *   through floating point, which keeps 15 or 16 of its digits
 */
export function esiidOf(object: JsonObject): string | null | undefined {
  const value = object.fields.get('esiid');
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return parseEsiid(value);
  if (!(value instanceof JsonNumber) || !esiidPattern.test(value.text)) return null;
  return BigInt(Number(value.text)) === BigInt(value.text) ? null : value.text;
}
