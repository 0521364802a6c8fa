import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';

/** A folder that is deleted after the test file; to be called before its first test. */
export async function temporaryDirOfFile(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'smt-test-'));
  afterAll(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
