import { onTestFinished } from 'vitest';
import { startLocalStack } from '../../infra/local/stack.ts';
import { inspectFile, uploadFile } from '../../infra/local/upload.ts';
import { waitForFile } from '../../infra/local/wait-for-file.ts';
import { createFreshDatabase } from './database.ts';
import { temporaryDir } from './local-assembly.ts';

/** A local stack of a test's own, with a fresh database: both end with the test. `load` uploads a file and waits for its final status. */
export async function startTestStack() {
  const fresh = await createFreshDatabase();
  onTestFinished(() => fresh.drop());
  const stateDir = await temporaryDir();
  const stack = await startLocalStack({
    stateDir,
    databaseUrl: fresh.connectionString,
    graceMs: 0,
  });
  onTestFinished(() => stack.stop());
  const database = fresh.open();
  const load = async (file: string) =>
    waitForFile(await uploadFile(stack, file, await inspectFile(file)), {
      database,
      bucket: stack.s3.bucket,
    });
  return { database, stack, stateDir, load };
}
