import { type ArchiveLimits, defaultArchiveLimits } from '../../shared/archive/limits.ts';
import { requireEnvironment } from '../../shared/environment.ts';

/** Limits on what an archive unpacks to, from the template. */
export function archiveLimits(): ArchiveLimits {
  const { archiveMaxUnpackedBytes, archiveMaxRatio } = requireEnvironment(
    'archiveMaxUnpackedBytes',
    'archiveMaxRatio',
  );
  return {
    ...defaultArchiveLimits,
    maxUnpackedBytes: Number(archiveMaxUnpackedBytes),
    maxRatio: Number(archiveMaxRatio),
  };
}
