import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stateDirOf, wipeState } from '../../infra/local/settings.ts';

test('Forgetting all state leaves alone what the local run did not make', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'smt-state-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  for (const folder of ['s3', 'postgres', 'inbox']) await mkdir(path.join(dir, folder));
  for (const file of ['admin-token', 'bucket-suffix', 'IntervalData.csv']) {
    await writeFile(path.join(dir, file), 'x');
  }

  await wipeState(dir);

  expect((await readdir(dir)).sort()).toEqual(['IntervalData.csv', 'inbox']);
});

test("The droplet's folder is not the local run's, though both have a variable for theirs", () => {
  expect(stateDirOf({ SMT_LOCAL_DIR: '/home/deploy/smt_inbox' })).toMatch(/\/\.local$/);
});
