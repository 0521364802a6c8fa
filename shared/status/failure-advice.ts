import type { FileErrorCode } from '../archive/file-error.ts';

/** Codes of failed files that the reader does not give: the object, the database or the workers were the reason. */
export const otherFailureCodes = [
  'object-deleted',
  'unusable-key',
  'database-rejected',
  'esiid-erased',
  'timed-out',
  'worker-lost',
  'unexpected-error',
  'retries-exhausted',
] as const;

type FailureCode = FileErrorCode | (typeof otherFailureCodes)[number];

export interface FailureAdvice {
  /** Codes with this meaning. */
  readonly codes: readonly string[];
  readonly meaning: string;
  /** The one thing to do. */
  readonly resolve: string;
}

/** Codes, what they mean, what to do. The runbook has the same table. */
const rows: readonly (readonly [codes: readonly FailureCode[], meaning: string, resolve: string])[] = [
  [
    ['empty-file'],
    'no bytes, only blanks, or an archive without files',
    'have it sent again; an empty delivery means that its source had nothing',
  ],
  [
    ['binary-file'],
    'a document, picture or archive that is not read (the message names it)',
    'send the CSV, JSON or Green Button XML, plain or as gzip or zip',
  ],
  [
    ['spreadsheet'],
    'an Excel, LibreOffice or Numbers document',
    'send the original file, or save as CSV; check that ESIIDs kept all digits',
  ],
  [
    ['office-document'],
    'a Word or PowerPoint document',
    'get the file from its source, or save the table in it as CSV',
  ],
  [
    ['unknown-header'],
    'text whose first lines are no header that is known',
    'the message quotes the first line: get the right file from its source; a new layout of SMT has to be added to shared/smt/',
  ],
  [
    ['unknown-column'],
    'a column of a report holds values that nothing explains',
    'the message names the column; send it without, or add the column to the form',
  ],
  [
    ['contradicted-column'],
    'the cells of a column contradict what its name says',
    'the message names the first such cell; get the file from its source',
  ],
  [
    ['several-rows-a-read'],
    'a daily or monthly report has several rows for one day or period',
    'it is no such report; send the 15-minute file as what it is',
  ],
  [
    ['esiid-unknown'],
    'the file names no ESIID',
    'upload it again with esiid, or copy the object to a key with a segment esiid=<ESIID>/',
  ],
  [
    ['no-usable-rows'],
    'the layout is known, and no row holds a reading',
    'the message shows the first rejected row of each reason',
  ],
  [['not-15-minute'], 'the readings are longer or shorter than 15 minutes', 'request the 15-minute file'],
  [['wide-layout'], 'one row a day with a column for each interval', 'send one row for each interval'],
  [
    ['ambiguous-dates'],
    'dates that may be read in more than one order, or in none that fits all',
    'write them as YYYY-MM-DD',
  ],
  [
    ['ambiguous-labels'],
    'nothing shows whether times are the start or the end of intervals',
    'send whole days, or a column for each',
  ],
  [
    ['ambiguous-esiid'],
    'several meters, or several ESIIDs, and no ESIID column',
    'send a file for each, or add the column',
  ],
  [
    ['too-many-meters'],
    'more meters, days or blocks than can be compared, in a form that has to prove what it means',
    'split it by meter',
  ],
  [
    ['conflicting-values'],
    'a file without revision stamps gives different values for one interval',
    'get the file from its source; 12-hour times without AM and PM do this',
  ],
  [
    ['future-revision'],
    'a revision stamp more than a day later than the file, which would hide all later ones',
    'correct the stamps',
  ],
  [['future-date'], 'intervals more than a day later than the file', 'correct the dates'],
  [['invalid-json', 'truncated-json'], 'not JSON, or JSON that breaks off', 'download it again'],
  [
    ['unknown-json'],
    'JSON that is no response of SMT with readings',
    'look at it; a new structure is a change in shared/smt/json/',
  ],
  [
    ['error-response'],
    "an API's error that was saved as a file",
    'repeat the download; the message quotes the error',
  ],
  [['invalid-xml', 'truncated-xml'], 'not XML, or XML that breaks off', 'download it again'],
  [
    ['xml-doctype'],
    'XML with a document type, which is never expanded',
    'have it exported without; a Green Button file has none',
  ],
  [['unknown-xml'], 'XML that is no Green Button feed', 'send a Green Button file'],
  [
    ['html-page'],
    'a web page (a login or an error) that was saved as a file',
    'sign in and download it again',
  ],
  [['lodestar-file', 'edi-file'], 'LodeStar (LSE) or EDI X12, which are not read', 'request the CSV'],
  [['corrupt-gzip', 'corrupt-zip'], 'the archive is damaged', 'have it sent again'],
  [['truncated-archive'], 'the archive ends too early', 'have the whole file sent again'],
  [['encrypted-archive'], 'a zip with a password', 'send it without'],
  [
    ['unsupported-archive'],
    'a zip that is compressed by a method other than deflate, or a tar archive',
    'zip it again',
  ],
  [
    ['archive-too-large', 'archive-ratio', 'archive-too-deep'],
    'beyond the limits of DEPLOY.md, Archives',
    'split it, or raise the limit and replay',
  ],
  [
    ['pgp-key-missing', 'pgp-wrong-key'],
    'encrypted to a key that the secret does not hold',
    'add the key to the secret (output PgpKeysSecretArn), replay',
  ],
  [
    ['pgp-key-unusable', 'pgp-key-expired'],
    "the secret's key cannot be used",
    'put a usable key into the secret, replay',
  ],
  [
    ['pgp-tampered', 'pgp-corrupt', 'pgp-truncated'],
    'the message was changed or damaged',
    'have it sent again',
  ],
  [
    ['pgp-signed-only', 'pgp-compressed-only', 'pgp-not-encrypted', 'pgp-not-a-message', 'pgp-unprotected'],
    'PGP, but no encrypted message with integrity protection',
    'have the sender encrypt it, or send what is in it',
  ],
  [
    ['pgp-too-large'],
    "the plaintext does not fit into normalize's memory",
    'raise the memory, or have it split',
  ],
  [
    ['members-failed'],
    'some members of an archive failed; the message names each with its code',
    "by the members' codes; what could be read is loaded",
  ],
  [['object-deleted'], 'the object was deleted before it was read', 'upload the file again'],
  [
    ['database-rejected'],
    'Postgres rejected what the file holds; nothing of it was loaded',
    'a defect: report it with the SQLSTATE of the message',
  ],
  [
    ['esiid-erased'],
    'the file held nothing but an ESIID that was erased',
    'nothing; lift the erasure first if that was wrong',
  ],
  [['timed-out', 'worker-lost'], 'three attempts in a row were lost', 'see Stuck files'],
  [
    ['unexpected-error'],
    'three attempts in a row failed for a reason that smt-ingest does not know; the message has it',
    'a bug in smt-ingest: report it with the message, replay once fixed',
  ],
  [
    ['retries-exhausted'],
    'the database, S3 or the network failed for fourteen days',
    'end that outage, then replay',
  ],
  [
    ['unusable-key'],
    'the key of the object cannot be stored',
    'copy the object to a key without NUL or broken surrogates',
  ],
];

export const failureAdvice: readonly FailureAdvice[] = rows.map(([codes, meaning, resolve]) => ({
  codes,
  meaning,
  resolve,
}));

const byCode = new Map(
  failureAdvice.flatMap((advice) => advice.codes.map((code) => [code, advice] as const)),
);

/** What to do about a file that failed with a code; what its message says, if the code is not known. */
export function resolveFailure(code: string | null): string {
  return byCode.get(code ?? '')?.resolve ?? 'do what the message says';
}
