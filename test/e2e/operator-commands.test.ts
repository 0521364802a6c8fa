import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeSample } from '../../infra/local/sample.ts';
import { runCommand } from '../support/local-command.ts';
import { startTestStack } from '../support/start-test-stack.ts';

const replay = command('replay');
const status = command('status');

function command(name: string) {
  return (args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
    runCommand(name, { args, stateDir: '/nowhere', environment }).ended;
}

test('The commands replay files of the running stack and say how it stands, by hand or through an address and a token', async () => {
  const { stack, stateDir, load } = await startTestStack();
  const [sample, broken] = [path.join(stateDir, 'sample.csv'), path.join(stateDir, 'broken.csv')];
  await writeSample(sample);
  await writeFile(broken, 'no header of ours\n');
  for (const file of [sample, broken]) await load(file);
  const here = { SMT_STATE_DIR: stateDir };

  const shown = await replay(['--dry-run'], here);
  const waited = await replay(['--id', '1,2', '--wait', '25', '--json'], here);
  const failing = await replay(['--id', '2,999', '--wait', '25'], here);
  const remote = await replay(['--url', stack.apiUrl, '--status', 'any', '--limit', '1'], {
    ADMIN_TOKEN: stack.adminToken,
  });
  const stranger = await replay(['--url', stack.apiUrl], { ADMIN_TOKEN: 'wrong' });
  const mistaken = await replay(['--status', 'lost'], here);
  const standing = await status([], here);
  const loaded = await status(['--file', sample], here); // by the hash of its bytes
  const failed = await status(['--url', stack.apiUrl, '--file', 'broken.csv', '--json'], {
    ADMIN_TOKEN: stack.adminToken,
  });
  const unknown = await status(['--file', 'never.csv'], here);

  expect(shown).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/2 +failed .*broken\.csv\n1 file would be requeued/),
  });
  expect(JSON.parse(waited.stdout)).toMatchObject({ ok: true, filesQueued: 2, filesProcessed: 2 });
  expect(waited).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^File 2 failed: .* \(unknown-header\)\n$/),
  });
  expect(failing.code).toBe(1);
  expect(failing.stdout).toMatch(
    /2 +failed → failed .*broken\.csv\n1 file requeued\.\nNow: 1 failed; 0 new intervals\.\n$/,
  );
  expect(failing.stderr).toMatch(/^File 999 was not requeued: it does not exist.*\nFile 2 failed: /);
  expect(remote).toMatchObject({ code: 0, stdout: expect.stringContaining('continue with --after 1') });
  expect(stranger).toMatchObject({ code: 1, stdout: '' });
  expect(mistaken).toMatchObject({ code: 1, stderr: expect.stringContaining('status') });
  expect(standing).toMatchObject({ code: 1, stderr: '' });
  expect(standing.stdout).toMatch(
    /^WARNING files-failed: 1 file is failed, .*broken\.csv\): unknown-header\.\n {2}For that one: /m,
  );
  expect(standing.stdout).toContain('Newest day     2025-12-31');
  expect(loaded).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Yes: it is loaded as file 1, 35,040 intervals\.\n/),
  });
  expect(failed.code).toBe(1);
  expect(JSON.parse(failed.stdout).file).toMatchObject({
    is_loaded: false,
    files: [{ id: '2', resolve: expect.any(String) }],
  });
  expect(unknown).toMatchObject({ code: 1, stdout: 'No: no file of this name, hash, key or id has come.\n' });
}, 120_000);

test('The command says what is missing: a stack, a token, or an option it knows', async () => {
  const nowhere = await replay([]);
  const tokenless = await replay(['--url', 'http://127.0.0.1:9']);
  const unknown = await replay(['--everything']);
  const swallowed = await replay([], { npm_lifecycle_event: 'replay', npm_config_dry_run: 'true' });
  const help = await replay(['--help']);

  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('npm start') });
  expect(tokenless).toMatchObject({ code: 1, stderr: expect.stringContaining('ADMIN_TOKEN') });
  expect(unknown).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("unknown option '--everything'"),
  });
  expect(swallowed).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Put -- before it: npm run replay -- --dry-run'),
  });
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--dry-run') });
}, 120_000);
