import { isHeaderWithoutReadings } from '../csv/is-header-without-readings.ts';
import type { Form } from '../form.ts';
import { firstLine } from '../text.ts';

/** A report about ESIIDs without readings. */
export const otherReport: Form = {
  kind: 'other',
  recognizes: ({ text }) => {
    const header = firstLine(text);
    // A header without an end may be cut off, and miss the columns of readings.
    return /[\r\n]/.test(text.slice(text.indexOf(header) + header.length)) && isHeaderWithoutReadings(header);
  },
  read: null,
};
