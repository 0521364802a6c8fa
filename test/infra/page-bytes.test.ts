import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

/** Gzipped, with everything that a page loads before its data. ECharts is 255 kB of the usage page. */
const budgetsBytes = { 'raw-files': 30_000, 'raw-file': 30_000, usage: 300_000, api: 30_000 } as const;

test('Every page keeps to its budget', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'smt-page-bytes-'));
  await promisify(execFile)(process.execPath, [path.resolve('functions/pages/build.ts'), dir]);
  const sizeOf = async (file: string) => gzipSync(await readFile(path.join(dir, file)), { level: 1 }).length;
  const bytesOf = async (page: string) => {
    const html = await readFile(path.join(dir, 'pages', `${page}.html`), 'utf8');
    const assets = new Set(
      [...html.matchAll(/(?:href|src)="\/(assets\/[^"]+)"/g)].map(([, file = '']) => file),
    );
    const sizes = await Promise.all([`pages/${page}.html`, ...assets].map(sizeOf));
    return sizes.reduce((sum, size) => sum + size, 0);
  };

  const pages = Object.entries(budgetsBytes);
  const sizes = await Promise.all(
    pages.map(async ([page, budget]) => ({ page, budget, bytes: await bytesOf(page) })),
  );
  await rm(dir, { recursive: true });

  expect(sizes.filter(({ bytes, budget }) => bytes > budget)).toEqual([]);
});
