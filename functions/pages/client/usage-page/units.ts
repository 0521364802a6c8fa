import { formatDecimal as decimalOf } from '../../../../shared/usage/decimal.ts';
import { formatDecimal } from '../lib/format.ts';

/** Energy is summed in units of 0.00001 kWh, the places that the database keeps. */
const unitsPerKwh = 100_000;

/** Exact kWh with separators, `–` for null. */
export function kwhText(units: bigint | null): string {
  return units === null ? '–' : formatDecimal(decimalOf(units));
}

/** Exact kWh as a plain decimal, empty for null: what goes to a file. */
export function kwhDecimal(units: bigint | null): string {
  return units === null ? '' : decimalOf(units);
}

/** kWh as a number, for drawing only. */
export function kwhNumber(units: bigint): number {
  return Number(units) / unitsPerKwh;
}

/** `+12.3 %`: how much more `units` is than `base`; `–` where there is nothing to compare with. */
export function changeText(units: bigint | null, base: bigint | null): string {
  if (units === null || base === null || base === 0n) return '–';
  const percent = (100 * Number(units - base)) / Number(base);
  return `${percent > 0 ? '+' : percent < 0 ? '−' : ''}${Math.abs(percent).toFixed(1)} %`;
}

/** A part of a whole in percent, cut and not rounded: only what is whole is 100 %. */
export function percentText(part: number, whole: number): string {
  if (whole === 0) return '0 %';
  return `${Math.floor((1000 * part) / whole) / 10} %`;
}
