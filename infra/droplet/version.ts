import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Replaced by the build; undefined when the command runs from source. */
declare const packageVersion: string | undefined;

/** The version, and the release that install.sh names: the first 12 digits of the program's SHA-256. */
export function describeVersion(programFile: string | undefined): string {
  if (typeof packageVersion === 'undefined' || !programFile) return 'from source';
  const release = createHash('sha256').update(readFileSync(programFile)).digest('hex').slice(0, 12);
  return `${packageVersion} (release ${release})`;
}
