import { isHeaderWithoutReadings } from '../csv/is-header-without-readings.ts';
import type { Form } from '../form.ts';
import { firstLine } from '../text.ts';

/** A report about ESIIDs without readings. */
export const otherReport: Form = {
  kind: 'other',
  recognizes: ({ text }) => isHeaderWithoutReadings(firstLine(text)),
  read: null,
};
