import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { archiveLimits } from '../../functions/normalize/archive-limits.ts';
import { MissingEnvironmentError } from '../../shared/environment.ts';

beforeEach(() => {
  vi.stubEnv('ARCHIVE_MAX_UNPACKED_BYTES', '1000');
  vi.stubEnv('ARCHIVE_MAX_RATIO', '60');
});

afterEach(() => {
  vi.unstubAllEnvs();
});

test('Archives may unpack to what the template says', () => {
  expect(archiveLimits()).toMatchObject({ maxUnpackedBytes: 1000, maxRatio: 60 });
});

test('A template that says nothing is an error that names the variable', () => {
  vi.stubEnv('ARCHIVE_MAX_RATIO', '');

  expect(() => archiveLimits()).toThrow(new MissingEnvironmentError('ARCHIVE_MAX_RATIO'));
});
