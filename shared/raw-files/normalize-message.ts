import * as z from 'zod';

/** What stands in a message of the normalize queue. */
const normalizeMessage = z.object({ rawFileId: z.string().regex(/^\d{1,18}$/) });

export type NormalizeMessage = z.infer<typeof normalizeMessage>;

export function encodeNormalizeMessage(rawFileId: string): string {
  return JSON.stringify({ rawFileId } satisfies NormalizeMessage);
}

/** @throws ZodError or SyntaxError for a message that is none of ours */
export function decodeNormalizeMessage(body: string): NormalizeMessage {
  return normalizeMessage.parse(JSON.parse(body));
}
