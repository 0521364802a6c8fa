import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { inspectFile, uploadFile } from '../../infra/local/upload.ts';
import { waitForFile } from '../../infra/local/wait-for-file.ts';
import { createFreshDatabase } from '../support/database.ts';
import { temporaryDir } from '../support/local-assembly.ts';

const fixtures = path.join(import.meta.dirname, '../fixtures/pgp');

test('an encrypted delivery fails while its key is missing, and a replay loads it once the key is there', async () => {
  const fresh = await createFreshDatabase();
  onTestFinished(() => fresh.drop());
  const database = fresh.open();
  const stateDir = await temporaryDir();
  const start = async (): Promise<LocalStack> => {
    const stack = await startLocalStack({ stateDir, databaseUrl: fresh.connectionString });
    onTestFinished(() => stack.stop());
    return stack;
  };
  const file = path.join(fixtures, 'to-old.zip.asc');

  const withoutKey = await start();
  const upload = await uploadFile(withoutKey, file, await inspectFile(file));
  const failed = await waitForFile(upload, { database, bucket: withoutKey.s3.bucket });
  await withoutKey.stop();

  expect(failed).toMatchObject({ status: 'failed', error_code: 'pgp-key-missing', intervals_read: 0 });

  await addKey(path.join(stateDir, 'secrets.json'));
  const withKey = await start();
  const replay = `${withKey.apiUrl}/api/admin/smt/normalize?id=${failed.id}&wait=25`;
  const response = await fetch(replay, { method: 'POST', headers: { 'x-admin-token': withKey.adminToken } });

  expect(await response.json()).toMatchObject({ ok: true, filesProcessed: 1, intervalsInserted: 96 });
  const loaded = await waitForFile(upload, { database, bucket: withKey.s3.bucket });
  expect(loaded).toMatchObject({ status: 'normalized', error_code: null, intervals_read: 96 });
  const logs = await everythingIn(path.join(stateDir, 'logs'));
  expect(logs).toContain('normalization complete');
  expect(logs).not.toMatch(/old passphrase|BEGIN PGP|USAGE_KWH/);
});

async function everythingIn(dir: string): Promise<string> {
  const names = await readdir(dir);
  return (await Promise.all(names.map((name) => readFile(path.join(dir, name), 'utf8')))).join('');
}

/** Puts the key into the secret that the stack made. */
async function addKey(secretsFile: string): Promise<void> {
  const secrets = JSON.parse(await readFile(secretsFile, 'utf8')) as Record<string, string>;
  const name = Object.keys(secrets).find((id) => id.startsWith('PgpKeys')) ?? '';
  expect(secrets[name]).toBe('[]');
  const privateKey = await readFile(path.join(fixtures, 'old.key'), 'utf8');
  secrets[name] = JSON.stringify([{ privateKey, passphrase: 'old passphrase' }]);
  await writeFile(secretsFile, JSON.stringify(secrets));
}
