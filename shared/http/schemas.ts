import * as z from 'zod';
import { esiidPattern } from '../smt/esiid.ts';

/** Parts that the schemas of several routes share. */

export const esiid = z
  .string()
  .regex(esiidPattern, 'is not an ESIID: 17 or 22 digits')
  .describe('ESIID: 17 or 22 digits');

export const localDate = z.iso
  .date('is not a date as in 2025-03-09')
  .describe('A day in America/Chicago, YYYY-MM-DD');

export const instant = z.iso.datetime({ offset: true }).describe('An instant, ISO 8601 with offset');

export const rawFileId = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, 'is not the id of a raw file: digits')
  .describe('Id of a raw file');

export const kwh = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .describe('kWh, an exact decimal');

export const count = z.int().min(0);

export const nextCursor = z
  .string()
  .nullable()
  .describe('Give it back as `cursor` for the next page; null on the last');

/** How many rows one page holds. */
export function pageLimit(most: number, usual: number) {
  return z.coerce.number('is not a number').int().min(1).max(most).default(usual);
}

/** An opaque cursor that holds texts; any other text is refused, naming the parameter. */
export function cursorOf<const Patterns extends readonly RegExp[]>(...patterns: Patterns) {
  return z
    .string()
    .transform((text, context): { readonly [Index in keyof Patterns]: string } => {
      const parts = decodeCursor(text);
      const isOurs =
        parts?.length === patterns.length &&
        patterns.every((pattern, index) => pattern.test(parts[index] ?? ''));
      if (isOurs) return parts as unknown as { readonly [Index in keyof Patterns]: string };
      context.addIssue({ code: 'custom', message: 'is not a cursor that this route gave' });
      return z.NEVER;
    })
    .optional()
    .describe('next_cursor of the page before');
}

export function encodeCursor(...parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

function decodeCursor(text: string): readonly string[] | null {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(parts) && parts.every((part) => typeof part === 'string') ? parts : null;
  } catch {
    return null; // not base64url of JSON: not ours
  }
}
