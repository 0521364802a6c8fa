import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { startBrowser } from '../support/browser.ts';
import { createFreshDatabase, type FreshDatabase } from '../support/database.ts';
import { markup, partlyBadFile, smallFile, solarEsiid, solarFile } from '../support/page-files.ts';
import {
  askApi,
  barriersIn,
  dropFiles,
  openTab as open,
  rawFilesPath,
  type Tab,
  uploadOf,
} from './pages-harness.ts';

vi.setConfig({ testTimeout: 90_000 });

let stack: LocalStack;
let browser: Browser;
let database: FreshDatabase;
let stateDir: string;
const tabs: Tab[] = [];

beforeAll(async () => {
  database = await createFreshDatabase('empty');
  stateDir = await mkdtemp(path.join(tmpdir(), 'smt-pages-'));
  [stack, browser] = await Promise.all([
    startLocalStack({ stateDir, assemblyDir: inject('assemblyDir'), databaseUrl: database.connectionString }),
    startBrowser(),
  ]);
});

afterAll(async () => {
  await Promise.all([browser?.close(), stack?.stop()]);
  await database?.drop();
  await rm(stateDir, { recursive: true, force: true });
});

afterEach(async () => {
  const complaints = tabs.flatMap((tab) => tab.complaints);
  await Promise.all(tabs.splice(0).map(({ page }) => page.context().close()));
  stack.s3.faults.clear();
  expect(complaints).toEqual([]); // a script or style that the policy refused, or an error of ours
});

async function openTab(address: string, options: Parameters<typeof open>[2] = {}) {
  const tab = await open({ browser, stack }, address, options);
  tabs.push(tab);
  return tab.page;
}

test('The token is asked once: a wrong one is refused, the right one opens the page and stays out of the address', async () => {
  const page = await openTab(rawFilesPath, { token: null });
  const token = page.getByLabel('Token', { exact: true });

  await token.fill('not-the-token');
  await page.keyboard.press('Enter');
  await page.getByText('That token is not the right one.').waitFor();
  expect(await barriersIn(page)).toEqual([]);
  await token.fill(stack.adminToken);
  await page.keyboard.press('Enter');

  await page.getByText('No files yet').waitFor();
  expect(page.url()).toBe(`${stack.apiUrl}${rawFilesPath}`);
  await page.reload();
  await page.getByText('No files yet').waitFor();
  await page.goto('/usage');
  await page.getByText('No usage yet').waitFor();
});

test('Who gives no token sees how to give it, and nothing else', async () => {
  const page = await openTab('/usage', { token: null });

  await page.getByRole('button', { name: 'Not now' }).click();

  await page.getByRole('heading', { name: 'This page needs the admin token' }).waitFor();
  expect(await page.getByLabel('ESIID').isVisible()).toBe(false);
  expect(await barriersIn(page)).toEqual([]);
});

test('A file that is dropped is loaded before one’s eyes, and its usage is a click away', async () => {
  const page = await openTab(rawFilesPath);

  await dropFiles(page, [{ name: 'solar.csv', content: solarFile() }]);
  const upload = uploadOf(page, 'solar.csv');
  await upload.getByText('32,256 intervals of 1 ESIID read, all new.').waitFor();
  await page.getByRole('row', { name: /solar\.csv.*Normalized/ }).waitFor();
  expect(await barriersIn(page)).toEqual([]);
  await upload.getByRole('link', { name: 'See the usage' }).click();

  await page.locator('#figures').waitFor();
  const answer = await askApi<{ rows: { channel: string; kwh: string }[] }>(
    stack,
    `/api/usage?esiid=${solarEsiid}&resolution=month`,
  );
  const total = (channel: string) =>
    answer.rows
      .filter((row) => row.channel === channel)
      .reduce((sum, { kwh }) => sum + Math.round(Number(kwh) * 1000), 0);
  const shown = (name: string) =>
    page
      .locator('#figures > div', { has: page.getByText(name, { exact: true }) })
      .locator('.value')
      .textContent();
  const kwh = (thousandths: number) =>
    `${(thousandths / 1000).toLocaleString('en-US', { maximumFractionDigits: 3 })} kWh`;
  expect(await shown('Import')).toBe(kwh(total('consumption')));
  expect(await shown('Export')).toBe(kwh(total('generation')));
  expect(await shown('Net')).toBe(kwh(total('consumption') - total('generation')));
  expect(await barriersIn(page)).toEqual([]);
});

test('The usage page tells clock-change days, estimates and gaps as they are', async () => {
  const page = await openTab(`/usage?esiid=${solarEsiid}`);

  await page.getByText('Daily sums as a table').click();
  const day = (date: string) => page.getByRole('row', { name: new RegExp(`${date}.*Import`) }).textContent();

  expect(await day('Nov 3, 2024')).toContain('100 of 100');
  expect(await day('Mar 9, 2025')).toContain('92 of 92');
  expect(await day('Dec 24, 2024')).toContain('0 of 96');
  expect(await day('Jan 6, 2025')).toContain('96 of 9696');
  await page.getByText('2 gaps').click();
  await page.getByRole('cell', { name: 'Tue, Dec 24, 2024, 00:00' }).first().waitFor();
  // Coverage, two heat maps, load curve and months have something on them; a heat map comes over several frames.
  await page.waitForFunction(
    `(() => {
      const charts = [...document.querySelectorAll('.chart')];
      const colours = (canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data);
      const isPainted = (chart) => [...chart.querySelectorAll('canvas')].some((canvas) => colours(canvas).size > 8);
      return charts.length === 5 && charts.every(isPainted);
    })()`,
  );
});

test('The CSV that the page gives is the one that the API gives', async () => {
  const page = await openTab(`/usage?esiid=${solarEsiid}&from=2024-11-01&to=2024-11-30`);

  await page.getByLabel('Rows of').selectOption('day');
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download CSV' }).click();
  const download = await downloading;

  const address = `/api/usage?esiid=${solarEsiid}&from=2024-11-01&to=2024-11-30&resolution=day`;
  const response = await fetch(`${stack.apiUrl}${address}`, {
    headers: { 'x-admin-token': stack.adminToken, accept: 'text/csv' },
  });
  expect(await readFile(await download.path(), 'utf8')).toBe(await response.text());
  expect(download.suggestedFilename()).toBe(`usage-${solarEsiid}-2024-11-01-2024-11-30-day.csv`);
});

test('A bad file says why, rejected rows stand as they were, and markup in them is text', async () => {
  const page = await openTab(rawFilesPath);
  const name = `${markup}.csv`;

  await dropFiles(page, [
    { name, content: partlyBadFile() },
    { name: 'notes.csv', content: 'just,some,words\n1,2,3\n' },
  ]);
  await uploadOf(page, 'notes.csv').getByText('The first line is no header of an interval file').waitFor();
  await uploadOf(page, name).getByText('2 rows rejected.').waitFor();
  await uploadOf(page, name).getByRole('link', { name: 'What became of it' }).click();

  await page.getByRole('heading', { level: 1, name }).waitFor();
  await page.getByText(`,00:30,00:45,${markup},A,Consumption`).waitFor();
  await page.getByRole('row', { name: /^3 ESIID 1\.04437E\+16/ }).waitFor();
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  expect(await page.evaluate('window.attacked')).toBeUndefined();
  expect(await barriersIn(page)).toEqual([]);
});

test('An answer that was tampered with is shown as text, and nothing in it runs', async () => {
  const page = await openTab(rawFilesPath);
  await page.route('**/api/usage/**', (route) =>
    route.fulfill({
      json: {
        ok: true,
        esiids: [
          { esiid: markup, first_date: '2025-01-01', last_date: '2025-01-02' },
          { esiid: markup, first_date: '2025-01-01', last_date: '2025-01-02' },
        ],
      },
    }),
  );
  await page.route('**/api/admin/smt/raw-files**', (route) =>
    route.fulfill({ status: 500, json: { ok: false, error: markup, message: markup } }),
  );

  await page.goto('/usage');
  await page.getByRole('button', { name: markup }).first().waitFor();
  await page.goto(rawFilesPath);
  await page.getByText('This could not be loaded').waitFor();

  expect(await page.getByRole('alert').filter({ hasText: markup }).count()).toBe(1);
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  expect(await page.evaluate('window.attacked')).toBeUndefined();
});

test('A file’s page tells its story, gives the original back and loads it again', async () => {
  const page = await openTab(rawFilesPath);
  const content = smallFile('10443720000000077');
  await dropFiles(page, [{ name: 'small.csv', content }]);
  await uploadOf(page, 'small.csv').getByRole('link', { name: 'What became of it' }).click();

  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download original' }).click();
  const download = await downloading;
  await page.getByRole('button', { name: 'Load again' }).click();
  await page.getByText('attempt 2: normalized').waitFor();

  expect(await readFile(await download.path(), 'utf8')).toBe(content);
  expect(download.suggestedFilename()).toBe('small.csv');
  const events = await page.locator('.timeline .event').allInnerTexts();
  expect(events.slice(0, 3)).toEqual(['Upload asked for', 'Received by the storage', 'Registered']);
  expect(await page.getByRole('link', { name: 'Usage of 10443720000000077' }).getAttribute('href')).toBe(
    '/usage?esiid=10443720000000077&from=2025-06-01&to=2025-06-01',
  );
});

test('Two tabs that drop the same file at once both see it loaded, once', async () => {
  const pages = await Promise.all([openTab(rawFilesPath), openTab(rawFilesPath)]);
  const file = { name: 'twice.csv', content: smallFile('10443720000000078') };

  await Promise.all(pages.map((page) => dropFiles(page, [file])));
  const hrefs = await Promise.all(
    pages.map((page) =>
      uploadOf(page, 'twice.csv').getByRole('link', { name: 'What became of it' }).getAttribute('href'),
    ),
  );

  expect(hrefs[0]).toBe(hrefs[1]);
  const answer = await askApi<{ files: object[] }>(stack, '/api/admin/smt/raw-files?q=twice.csv');
  expect(answer.files).toMatchObject([{ status: 'normalized', intervals_inserted: 96 }]);
});

test('An upload that the storage refuses says so, and trying again delivers it', async () => {
  stack.s3.faults.inject({
    kind: 'slow-down',
    times: 1,
    matches: ({ operation }) => operation === 'PutObject',
  });
  const page = await openTab(rawFilesPath);

  await dropFiles(page, [{ name: 'refused.csv', content: smallFile('10443720000000079') }]);
  const upload = uploadOf(page, 'refused.csv');
  await upload.getByText('The storage refused the file (503 SlowDown). Try again.').waitFor();
  expect(await barriersIn(page)).toEqual([]);
  await upload.getByRole('button', { name: 'Try again' }).click();

  await upload.getByText('96 intervals of 1 ESIID read, all new.').waitFor();
});

test('A file that is dropped again after it failed says that it failed, and can be loaded again on the spot', async () => {
  const page = await openTab(rawFilesPath);
  const file = { name: 'again.csv', content: smallFile('10443720000000081') };
  await dropFiles(page, [file]);
  await uploadOf(page, file.name).getByText('96 intervals of 1 ESIID read, all new.').waitFor();
  await database.open().pool.query(
    `update raw_smt_files set status = 'failed', error_code = 'worker-lost', error_message = 'It was lost.'
        where filename = $1`,
    [file.name],
  );
  await page.reload();

  await dropFiles(page, [file]);
  const upload = uploadOf(page, file.name);
  await upload.getByText(/^These bytes are stored already, as file \d+, but it failed\.$/).waitFor();
  const badge = await upload.locator('.badge').textContent();
  expect(await barriersIn(page)).toEqual([]);
  await upload.getByRole('button', { name: 'Load again' }).click();
  await upload.getByText('96 intervals of 1 ESIID read, none new.').waitFor();

  expect(badge).toBe('Failed');
  expect(await upload.locator('.badge').textContent()).toBe('Normalized');
  await page.reload();
  await dropFiles(page, [file]);
  await upload.getByText(/^These bytes are stored already, as file \d+\.$/).waitFor();
  expect(await upload.locator('.badge').textContent()).toBe('Normalized');
  expect(await upload.getByRole('button').count()).toBe(0);
});

test('Leaving while a file is being sent warns; when it is delivered it does not', async () => {
  const page = await openTab(rawFilesPath);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  await page.route(`${stack.s3.url}/**`, async (route) => {
    await released;
    await route.continue();
  });
  await page.getByLabel('Name or key').click(); // browsers only warn of pages that were used

  await dropFiles(page, [{ name: 'leaving.csv', content: smallFile('10443720000000080') }]);
  const upload = uploadOf(page, 'leaving.csv');
  await upload.getByText('Sending').waitFor();
  const warned = page.waitForEvent('dialog');
  await page.close({ runBeforeUnload: true });
  const warning = await warned;
  await warning.dismiss();
  release();

  expect(warning.type()).toBe('beforeunload');
  await upload.getByRole('link', { name: 'What became of it' }).waitFor();
  await page.reload();
  await page.getByRole('row', { name: /leaving\.csv/ }).waitFor();
});

test('Filters narrow the list, stand in the address, and say when nothing fits', async () => {
  const page = await openTab(`${rawFilesPath}?status=failed`);

  await page.getByRole('row', { name: /notes\.csv/ }).waitFor();
  expect(await page.getByRole('row', { name: /solar\.csv/ }).count()).toBe(0);
  await page.getByLabel('Name or key').fill('solar');
  await page.getByText('No file fits').waitFor();

  expect(page.url()).toContain('?q=solar&status=failed');
  expect(await barriersIn(page)).toEqual([]);
});

test('On a small dark screen nothing is cut off, and a keyboard is enough', async () => {
  const phone = { viewport: { width: 360, height: 740 }, colorScheme: 'dark' } as const;
  const page = await openTab(rawFilesPath, phone);
  await page.getByRole('link', { name: 'solar.csv' }).waitFor();
  const widths: number[] = [];

  for (const address of [rawFilesPath, `${rawFilesPath}/1`, `/usage?esiid=${solarEsiid}`]) {
    await page.goto(address);
    await page.locator('table, .chart canvas').first().waitFor();
    widths.push((await page.evaluate('document.documentElement.scrollWidth')) as number);
    expect(await barriersIn(page)).toEqual([]);
  }
  const choosing = page.waitForEvent('filechooser'); // asked for early: Chromium takes a moment to hand choosers over
  await page.goto(rawFilesPath);
  await page.getByRole('link', { name: 'solar.csv' }).waitFor();
  await page.keyboard.press('Tab');
  const skip = await page.evaluate('document.activeElement.textContent');
  await page.getByRole('button', { name: 'choose files' }).focus();
  await page.keyboard.press('Enter');

  expect((await choosing).isMultiple()).toBe(true);
  expect(skip).toBe('Skip to content');
  expect(widths).toEqual([360, 360, 360]);
});

test('Pages run nothing but their own files, keep assets for good, and hold no data', async () => {
  const response = await fetch(`${stack.apiUrl}/usage`);
  const html = await response.text();
  const script = /<script type="module" src="(\/assets\/[\w-]+\.js)">/.exec(html)?.[1];
  const asset = await fetch(`${stack.apiUrl}${script}`);

  const policy = response.headers.get('content-security-policy');
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(policy).toContain(`connect-src 'self' ${stack.s3.url};`);
  expect(policy).not.toContain('unsafe');
  expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  expect(asset.headers.get('content-encoding')).toBe('gzip');
  expect((await fetch(`${stack.apiUrl}/assets/..%2Fpages%2Fusage.html`)).status).toBe(404);
});

test.each([
  '/api/usage?esiid=1',
  '/api/usage/coverage',
  '/api/usage/esiids',
  '/api/openapi.json',
  '/api/admin/smt/raw-files',
  '/api/admin/smt/raw-files/1',
  '/api/admin/smt/raw-files/1/download',
])('Without the token %s says nothing', async (address) => {
  const response = await fetch(`${stack.apiUrl}${address}`);

  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ ok: false, error: 'unauthorized' });
  expect(response.headers.get('cache-control')).toBe('no-store');
});
