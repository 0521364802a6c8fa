import { recognizeHeader } from '../csv/header.ts';
import type { Form } from '../form.ts';
import { firstLine } from '../text.ts';

/** A report about ESIIDs that has no readings in it. */
export const otherReport: Form = {
  kind: 'other',
  recognizes: ({ text }) => recognizeHeader(firstLine(text))?.kind === 'other',
  read: null,
};
