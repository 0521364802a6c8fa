import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runCommand } from '../support/local-command.ts';
import { esiidA, esiidB } from '../support/rows.ts';
import { startTestStack } from '../support/start-test-stack.ts';

const header =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION';

function dayOf(...esiids: readonly string[]): string {
  const rows = esiids.flatMap((esiid) =>
    Array.from({ length: 96 }, (_, slot) => {
      const time = (index: number) =>
        `${String(Math.floor(index / 4) % 24).padStart(2, '0')}:${String((index % 4) * 15).padStart(2, '0')}`;
      return `'${esiid},01/15/2025,01/16/2025 06:00:00, ${time(slot)}, ${time(slot + 1)},0.25,A,Consumption`;
    }),
  );
  return `${[header, ...rows].join('\n')}\n`;
}

function run(command: string, args: readonly string[], stateDir: string) {
  return runCommand(command, { args, stateDir }).ended;
}

async function startStack() {
  const { database, stack, stateDir, load } = await startTestStack();
  const upload = async (name: string, content: string) => {
    const file = path.join(stateDir, name);
    await writeFile(file, content);
    return load(file);
  };
  return { database, stack, stateDir, upload };
}

const why = ['--by', 'an operator', '--reason', 'a test'];

describe('The commands that remove data', () => {
  test('withdraw a file of the running stack, erase an ESIID with its objects, and report what they did', {
    timeout: 120_000,
  }, async () => {
    const { database, stack, stateDir, upload } = await startStack();
    const countOf = async (esiid: string) =>
      (await database.kysely.selectFrom('smt_intervals').select('ts').where('esiid', '=', esiid).execute())
        .length;
    const sole = await upload('sole.csv', dayOf(esiidA));
    const shared = await upload('shared.csv', dayOf(esiidA, esiidB));

    const withdrawn = await run('withdraw', [shared.id, ...why], stateDir);
    expect(withdrawn.stderr).toBe('');
    expect(withdrawn.stdout).toContain(`File ${shared.id} is withdrawn: 1 rows removed, 0 kept`);
    expect([await countOf(esiidA), await countOf(esiidB)]).toEqual([96, 0]);
    expect((await run('withdraw', [shared.id, ...why], stateDir)).stdout).toContain('is already withdrawn');
    expect(await run('withdraw', ['999', ...why], stateDir)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not-found'),
    });

    const erased = await run('erase', [esiidA, ...why], stateDir);
    expect(erased.stderr).toBe('');
    expect(erased.stdout).toMatch(/^Erased: 1 rows removed, 1 objects deleted\./);
    expect(erased.stdout).toContain(`file ${shared.id}`);
    expect(await countOf(esiidA)).toBe(0);
    const s3 = new S3Client({ ...stack.s3, endpoint: stack.s3.url, forcePathStyle: true });
    onTestFinished(() => s3.destroy());
    const head = new HeadObjectCommand({
      Bucket: stack.s3.bucket,
      Key: sole.object_key,
      VersionId: sole.version_id,
    });
    await expect(s3.send(head)).rejects.toMatchObject({ $metadata: { httpStatusCode: 404 } });

    expect((await run('erase', [esiidA, '--lift', ...why], stateDir)).stdout).toContain('lifted');
    expect(await run('erase', [esiidA], stateDir)).toMatchObject({ code: 2 });
  });
});
