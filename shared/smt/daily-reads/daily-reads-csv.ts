import { recognizeHeader } from '../csv/header.ts';
import type { Form } from '../form.ts';
import { firstLine } from '../text.ts';

/** SMT's daily register reads. */
export const dailyReadsCsv: Form = {
  kind: 'daily',
  recognizes: ({ text }) => recognizeHeader(firstLine(text))?.kind === 'daily',
  read: null,
};
