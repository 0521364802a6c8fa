import { FileError, type FileErrorCode } from '../archive/file-error.ts';
import type { Form } from './form.ts';

/** A text format that is recognized but not read: a member of it fails with an error that names the format. */
function knownFormat(start: RegExp, code: FileErrorCode, message: string): Form {
  return {
    kind: 'unknown',
    recognizes: ({ text }) => start.test(text),
    read: async () => {
      throw new FileError(code, message);
    },
  };
}

/** The first record of LodeStar's enhanced format (ERCOT Retail Market Guide, appendix G): sort code 1, ESIID, channel, times. */
const lodeStar = knownFormat(
  /^\s*0{7}1\s*,[^,\r\n]*,[^,\r\n]*,\s*\d{14}\s*,\s*\d{14}\b/,
  'lodestar-file',
  'This is a LodeStar file (LSE), which is not read. Ask Smart Meter Texas for the report as CSV, JSON or Green Button.',
);

/** The interchange header of ANSI X12: the character after ISA separates its elements. */
const x12 = knownFormat(
  /^\s*ISA([^A-Za-z0-9\s])\d\d\1.{10}\1\d\d\1/,
  'edi-file',
  'This is an EDI X12 interchange (such as an 867), which is not read. Send the interval report as CSV, JSON or Green Button.',
);

const htmlPage = knownFormat(
  /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->)[\s\S]){0,2000}-->\s*)*<(?:!doctype\s+html|html|head|body)\b/i,
  'html-page',
  'This is an HTML page, such as a login or an error page, saved as if it were the report. Download the report again.',
);

/** Formats of text that are recognized and not read. */
export const otherFormats: readonly Form[] = [htmlPage, lodeStar, x12];
