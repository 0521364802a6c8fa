import { recognizeHeader } from '../csv/header.ts';
import type { Form } from '../form.ts';
import { firstLine } from '../text.ts';

/** A report about ESIIDs without readings. */
export const otherReport: Form = {
  kind: 'other',
  recognizes: ({ text }) => recognizeHeader(firstLine(text))?.kind === 'other',
  read: null,
};
