import { type ArchiveLimits, defaultArchiveLimits } from '../../shared/archive/limits.ts';
import { requireEnvironment } from '../../shared/environment.ts';

/** What an archive may unpack to, as the template says. */
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
