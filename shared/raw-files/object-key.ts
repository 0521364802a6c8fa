/**
 * Keys of objects in the bucket. An upload's key holds all that register needs to know, so nothing else has to be
 * stored, and a request that is repeated within the hour has the same key, which S3 accepts once. It begins with the hour (UTC)
 * of the request, so that the sweep can list what is recent:
 *
 *     uploads/<YYYY-MM-DDTHH>/<source>/esiid=<ESIID>/<sha256>/<filename>      (the esiid segment only if a hint was given)
 *
 * Any other key is a file that somebody dropped; a segment `esiid=<ESIID>/` in it is a hint too.
 */
export const uploadPrefix = 'uploads/';

/** Prefix of the system's own objects in the bucket; objects below it are not raw files. */
export const reservedPrefix = '_smt-ingest/';

/** The sweep's checkpoint, written at the end of each run. */
export const checkpointKey = `${reservedPrefix}sweep.json`;

/** Written at each replay, for the sweep; only its time counts. */
export const replayedKey = `${reservedPrefix}replayed`;

/** Prefix of the keys of all uploads until the year 3000; what people drop is outside of it, or as easily found. */
export const datedUploadPrefix = `${uploadPrefix}2`;

const uploadKey =
  /^uploads\/\d{4}-\d\d-\d\dT\d\d\/([a-z0-9][a-z0-9-]*)\/(?:esiid=(\d{17}|\d{22})\/)?[0-9a-f]{64}\/([^/]+)$/;
const esiidSegment = /(?:^|\/)esiid=(\d{17}|\d{22})\//;

export interface UploadKeyParts {
  readonly requestedAt: Date;
  readonly source: string;
  readonly esiid: string | null;
  /** 64 hex digits. */
  readonly sha256: string;
  readonly filename: string;
}

/** Keys of uploads requested in the hour of an instant begin with this; those of earlier hours sort before it. */
export function uploadPrefixOf(requestedAt: Date): string {
  return `${uploadPrefix}${requestedAt.toISOString().slice(0, 13)}/`;
}

export function uploadKeyOf({ requestedAt, source, esiid, sha256, filename }: UploadKeyParts): string {
  return `${uploadPrefixOf(requestedAt)}${source}/${esiid ? `esiid=${esiid}/` : ''}${sha256}/${filename}`;
}

/** What a key contains about its file. */
export function describeKey(key: string): { filename: string; source: string; esiid: string | null } {
  const upload = uploadKey.exec(key);
  if (upload?.[1] && upload[3]) return { source: upload[1], esiid: upload[2] ?? null, filename: upload[3] };
  return {
    source: 'console-drop',
    esiid: esiidSegment.exec(key)?.[1] ?? null,
    filename: key.slice(key.lastIndexOf('/') + 1),
  };
}

/** Whether an object is a raw file: not the system's own, nor the empty one the S3 console makes for a folder. */
export function isRawFileKey(key: string, sizeBytes: number): boolean {
  return !key.startsWith(reservedPrefix) && !(key.endsWith('/') && sizeBytes === 0);
}
