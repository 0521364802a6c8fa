import * as z from 'zod';

/** Body of a message in the normalize queue. */
const normalizeMessage = z.object({ rawFileId: z.string().regex(/^\d{1,18}$/) });

export type NormalizeMessage = z.infer<typeof normalizeMessage>;

export function encodeNormalizeMessage(rawFileId: string): string {
  return JSON.stringify({ rawFileId } satisfies NormalizeMessage);
}

/** @throws ZodError or SyntaxError for a message of any other form */
export function decodeNormalizeMessage(body: string): NormalizeMessage {
  return normalizeMessage.parse(JSON.parse(body));
}
