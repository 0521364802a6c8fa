/**
 * Why a whole file, or an archive member, could not be used. Codes are stable, since operators filter by them; the runbook has a
 * table of them.
 */
export const fileErrorCodes = [
  'empty-file',
  'binary-file',
  'spreadsheet',
  'office-document',
  'unknown-header',
  'esiid-unknown',
  'no-usable-rows',
  'not-15-minute',
  'unknown-column',
  'contradicted-column',
  'several-rows-a-read',
  'invalid-json',
  'truncated-json',
  'unknown-json',
  'error-response',
  'invalid-xml',
  'truncated-xml',
  'xml-doctype',
  'unknown-xml',
  'html-page',
  'lodestar-file',
  'wide-layout',
  'ambiguous-dates',
  'ambiguous-labels',
  'conflicting-values',
  'future-revision',
  'future-date',
  'ambiguous-esiid',
  'too-many-meters',
  'edi-file',
  'corrupt-gzip',
  'corrupt-zip',
  'truncated-archive',
  'encrypted-archive',
  'unsupported-archive',
  'archive-too-large',
  'archive-ratio',
  'archive-too-deep',
  'pgp-key-missing',
  'pgp-key-unusable',
  'pgp-key-expired',
  'pgp-wrong-key',
  'pgp-tampered',
  'pgp-truncated',
  'pgp-corrupt',
  'pgp-signed-only',
  'pgp-compressed-only',
  'pgp-not-encrypted',
  'pgp-not-a-message',
  'pgp-unprotected',
  'pgp-too-large',
  'members-failed',
] as const;

export type FileErrorCode = (typeof fileErrorCodes)[number];

/** A file or member that no retry can fix; the message says what was found and what to do. */
export class FileError extends Error {
  readonly code: FileErrorCode;
  constructor(code: FileErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FileError';
    this.code = code;
  }
}
