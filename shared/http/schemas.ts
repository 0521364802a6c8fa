import * as z from 'zod';
import { esiidPattern } from '../intervals/esiid.ts';
import { storableText } from '../storage/storable-text.ts';
import { rawFileStatuses } from '../storage/tables.ts';

/** Parts that the schemas of several routes share. */

export const esiid = z
  .string()
  .regex(esiidPattern, 'is not an ESIID: 17 or 22 digits')
  .describe('ESIID: 17 or 22 digits');

/** A search text. One with a null character cannot be stored in Postgres, and a query for it would fail. */
export function searchText(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .refine(
      (text) => storableText(text) === text,
      'holds NUL or half a surrogate pair, which no stored text does',
    );
}

export const localDate = z.iso.date().describe('A day in America/Chicago, YYYY-MM-DD');

/** Days that a request may name: those that a file may contain, all valid in JavaScript and Postgres. */
const firstDay = '1990-01-01';
const lastDay = '2199-12-31';

/** An optional day; if left out, it does not restrict. */
export function dayParameter(meaning: string) {
  return z.iso
    .date({ error: 'is not a date as in 2025-03-09', abort: true })
    .refine((day) => firstDay <= day && day <= lastDay, `is not from ${firstDay} to ${lastDay}`)
    .optional()
    .describe(`${meaning}. A day in America/Chicago, ${firstDay} to ${lastDay}`);
}

export const instant = z.iso
  .datetime({ offset: true, error: 'is not an instant as in 2025-03-09T06:00:00Z' })
  .describe('An instant, ISO 8601 with offset');

export const rawFileId = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, 'is not the id of a raw file: digits')
  .describe('Id of a raw file');

const shortText = (meaning: string) =>
  searchText(500)
    .transform((text) => text.trim())
    .refine((text) => text !== '', 'is empty')
    .describe(meaning);

/** Part of every request that removes data; it is kept forever. */
export const removalRequest = z.strictObject({
  requested_by: shortText('Who requests it'),
  reason: shortText('Why'),
});

export const rawFileStatus = z
  .enum(rawFileStatuses, `is none of ${rawFileStatuses.join(', ')}`)
  .meta({ id: 'RawFileStatus' });

export const kwh = z
  .string()
  .regex(/^-?\d+(\.\d+)?$/)
  .describe('kWh, an exact decimal');

export const count = z.int().min(0);

export const nextCursor = z
  .string()
  .nullable()
  .describe('Send it as `cursor` for the next page; null on the last');

/** The body of every response but 200. */
export const errorResponse = z
  .strictObject({
    ok: z.literal(false),
    error: z.string().describe('A stable code, to branch on'),
    message: z.string().describe('For people'),
    details: z
      .array(z.strictObject({ field: z.string(), message: z.string() }).meta({ id: 'ErrorDetail' }))
      .optional()
      .describe('Of an invalid request, each field that is wrong'),
  })
  .meta({ id: 'Error' });

/** How many rows one page holds. */
export function pageLimit(most: number, usual: number) {
  return z.coerce.number('is not a number').int().min(1).max(most).default(usual);
}

/** Tests whether a text is valid at one position of a cursor; a RegExp is one. */
interface CursorPart {
  test(text: string): boolean;
}

const written =
  /^(?!0000)(\d{4}-\d\d-\d\d) ([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,6})?[+-](0\d|1[0-4])(:[0-5]\d)?$/;

/** An instant as Postgres writes it, `2025-01-03 00:00:00.123+00`, and parses it. */
export const writtenInstant: CursorPart = {
  test: (text) => localDate.safeParse(written.exec(text)?.[1]).success,
};

/** An opaque cursor that holds texts; any other text is rejected with an error that names the parameter. */
export function cursorOf<const Parts extends readonly CursorPart[]>(...expected: Parts) {
  return z
    .string()
    .transform((text, context): { readonly [Index in keyof Parts]: string } => {
      const parts = decodeCursor(text);
      const isOurs =
        parts?.length === expected.length && expected.every((part, index) => part.test(parts[index] ?? ''));
      // As many texts as parts, by the length compared above.
      if (isOurs) return parts as unknown as { readonly [Index in keyof Parts]: string };
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
