import { recognizeHeader } from '../csv/header.ts';
import type { Form } from '../form.ts';
import { firstLine } from '../text.ts';

/** SMT's monthly bills. */
export const monthlyReadsCsv: Form = {
  kind: 'monthly',
  recognizes: ({ text }) => recognizeHeader(firstLine(text))?.kind === 'monthly',
  read: null,
};
