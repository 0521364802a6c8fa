import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writeSample } from '../../infra/local/sample.ts';
import { sampleEsiid, sampleFilename } from '../../shared/smt/sample-year.ts';
import { createFreshDatabase } from '../support/database.ts';
import { temporaryDir } from '../support/local-assembly.ts';
import { runCommand } from '../support/local-command.ts';

async function emptyDatabase() {
  const database = await createFreshDatabase('empty');
  onTestFinished(() => database.drop());
  return database;
}

const rowsOf = (stdout: string) =>
  stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('npm run ingest takes files the whole way into the database that DATABASE_URL names', async () => {
  const dir = await temporaryDir();
  const stateDir = path.join(dir, 'state');
  const database = await emptyDatabase();
  const databaseUrl = database.connectionString;
  const sample = path.join(dir, sampleFilename);
  const empty = path.join(dir, 'Ümlaut & 100% + more.csv');
  await writeSample(sample);
  await writeFile(empty, '');

  const first = await runCommand('ingest', { stateDir, databaseUrl, args: ['--json', sample, empty] }).ended;

  expect(first.stderr).toBe('');
  expect(rowsOf(first.stdout)).toMatchObject([
    {
      filename: sampleFilename,
      status: 'normalized',
      source: 'droplet-upload',
      rows_read: 35_044,
      intervals_read: 35_040,
      intervals_inserted: 35_040,
      nonexistent_hour: 4,
      missing_kwh: 0,
      invalid_row: 0,
    },
    { filename: 'Ümlaut & 100% + more.csv', status: 'failed', error_code: 'empty-file', size_bytes: 0 },
  ]);
  expect(first.code).toBe(1);
  const { rows } = await database
    .open()
    .pool.query(`SELECT count(*)::int AS intervals FROM "SmtInterval" WHERE esiid = $1`, [sampleEsiid]);
  expect(rows).toEqual([{ intervals: 35_040 }]);

  const again = await runCommand('ingest', { stateDir, databaseUrl, args: [sample, sample] }).ended;

  const line = `${sample}: stored already, normalized as file ${rowsOf(first.stdout)[0]?.id}: 35,040 intervals (none new), 0 rejected, 4 in the hour skipped in spring`;
  expect(again).toEqual({ code: 0, stdout: `${line}\n${line}\n`, stderr: '' });

  const bare = path.join(dir, 'bare.csv');
  await writeFile(bare, 'timestamp,kwh\n2025-01-01T00:00:00-06:00,0.5\n');
  const hinted = ['--esiid', sampleEsiid, bare];
  const withHint = await runCommand('ingest', { stateDir, databaseUrl, args: ['--json', ...hinted] }).ended;

  expect(rowsOf(withHint.stdout)).toMatchObject([
    { status: 'normalized', esiid: sampleEsiid, intervals_read: 1 },
  ]);
}, 120_000);

test('files that cannot be read are all named before anything is uploaded', async () => {
  const dir = await temporaryDir();
  const stateDir = path.join(dir, 'state');
  const sample = path.join(dir, sampleFilename);
  await writeSample(sample);
  const missing = path.join(dir, 'missing.csv');

  const result = await runCommand('ingest', { stateDir, args: [sample, missing, dir] }).ended;

  expect(result).toEqual({
    code: 1,
    stdout: '',
    stderr: `${missing}: no such file\n${dir}: not a file\n`,
  });
  expect(existsSync(stateDir)).toBe(false);
});

test.each([
  [[], "error: missing required argument 'file'"],
  [['--jsn', 'file.csv'], "error: unknown option '--jsn'"],
])('%j is rejected, naming what is wrong', async (args, message) => {
  const result = await runCommand('ingest', { stateDir: '/nowhere', args }).ended;

  expect(result).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringContaining(message),
  });
});
