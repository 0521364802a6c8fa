import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { npmCommand, parseArguments } from '../infra/local/command-line.ts';
import { writeSample } from '../infra/local/sample.ts';
import { type LocalStack, startLocalStack } from '../infra/local/stack.ts';
import { inspectFile, uploadFile } from '../infra/local/upload.ts';
import { waitForFile } from '../infra/local/wait-for-file.ts';
import type { IntervalBlock } from '../shared/intervals/block.ts';
import { addDays } from '../shared/intervals/clock.ts';
import { dailyRead } from '../shared/reads/daily-read.ts';
import { sampleEsiid } from '../shared/smt/sample-year.ts';
import { type Database, openDatabase } from '../shared/storage/database.ts';
import { registerRawFile } from '../shared/storage/raw-files/register-raw-file.ts';
import { dropFiles, openTab, rawFilesPath, uploadOf } from './e2e/pages-harness.ts';
import { startBrowser } from './support/browser.ts';
import {
  markup,
  partlyBadFile,
  sixYearBlocks,
  sixYearEsiid,
  solarEsiid,
  solarFile,
} from './support/page-files.ts';
import { reportSyncRun } from './support/report-sync-run.ts';
import { loadFile, newBlock, newRawFile } from './support/rows.ts';

const outputDir = path.join(import.meta.dirname, '../.local/screenshots');

const program = npmCommand(
  'screenshots',
  'Takes a picture of every page in every state, narrow and wide, light and dark, into .local/screenshots, for visual review.',
);
parseArguments(program);

const variants = [
  { name: '360-light', width: 360, colorScheme: 'light' },
  { name: '360-dark', width: 360, colorScheme: 'dark' },
  { name: '1280-light', width: 1280, colorScheme: 'light' },
  { name: '1280-dark', width: 1280, colorScheme: 'dark' },
] as const;

const disputedEsiid = '10443720000000088';

const usageViews = {
  'usage-disputed': `/usage?esiid=${disputedEsiid}&from=2025-05-01&to=2025-06-30`,
  'day-disputed': `/usage?esiid=${disputedEsiid}&day=2025-06-03`,
  'usage-year': `/usage?esiid=${sampleEsiid}`,
  'usage-solar': `/usage?esiid=${solarEsiid}`,
  'usage-six-years': `/usage?esiid=${sixYearEsiid}&from=2019-09-15&to=2025-09-12`,
  'usage-compared': `/usage?esiid=${sixYearEsiid}&from=2025-07-01&to=2025-07-31&compare=year`,
  'usage-zoomed': `/usage?esiid=${sixYearEsiid}&from=2025-07-01&to=2025-07-31&zoom=2025-07-03..2025-07-05`,
  'day-missing': `/usage?esiid=${sixYearEsiid}&day=2025-07-04`,
  'day-100': `/usage?esiid=${solarEsiid}&day=2024-11-03`,
};

const stateDir = await mkdtemp(path.join(tmpdir(), 'smt-screenshots-'));
const [stack, browser] = await Promise.all([startLocalStack({ stateDir }), startBrowser()]);
try {
  await mkdir(outputDir, { recursive: true });
  for (const variant of variants) await shootEmpty(stack, browser, variant);
  await load(stack, browser);
  for (const variant of variants) await shootPages(stack, browser, variant);
} finally {
  await Promise.all([browser.close(), stack.stop()]);
  await rm(stateDir, { recursive: true, force: true });
}
console.log(`Written to ${path.relative(process.cwd(), outputDir)}`);

type Variant = (typeof variants)[number];

async function tabOf(
  at: LocalStack,
  inBrowser: Browser,
  { width, colorScheme }: Variant,
  token?: null,
): Promise<Page> {
  const options = { viewport: { width, height: 800 }, colorScheme, ...(token === null && { token }) };
  const { page } = await openTab({ stack: at, browser: inBrowser }, rawFilesPath, options);
  page.context().setDefaultTimeout(300_000); // a busy machine shall not end it
  return page;
}

async function shoot(page: Page, name: string, { name: variant }: Variant): Promise<void> {
  const file = path.join(outputDir, `${name}-${variant}.png`);
  await page.screenshot({ path: file, fullPage: true });
}

/** Scrolls through the page, since charts are drawn when they come near the window. */
async function drawCharts(page: Page): Promise<void> {
  while ((await page.locator('.skeleton').count()) > 0) await page.waitForTimeout(100);
  for (const chart of await page.locator('.chart').all()) {
    await chart.scrollIntoViewIfNeeded();
    await chart.locator('canvas').first().waitFor();
  }
  await page.evaluate('scrollTo(0, 0)');
  await page.waitForTimeout(1_500); // a heat map is drawn over several frames
}

/** Before anything is stored, and before the token is entered. */
async function shootEmpty(at: LocalStack, inBrowser: Browser, variant: Variant): Promise<void> {
  const locked = await tabOf(at, inBrowser, variant, null);
  await locked.getByLabel('Token', { exact: true }).fill('wrong');
  await locked.keyboard.press('Enter');
  await locked.getByText('That token is not the right one.').waitFor();
  await shoot(locked, 'token', variant);
  await locked.getByRole('button', { name: 'Not now' }).click();
  await locked.getByRole('heading', { name: 'This page needs a token' }).waitFor();
  await shoot(locked, 'locked', variant);
  const page = await tabOf(at, inBrowser, variant);
  await page.getByText('No files yet').waitFor();
  await shoot(page, 'raw-files-empty', variant);
  await page.goto('/usage');
  await page.getByText('No usage yet').waitFor();
  await shoot(page, 'usage-empty', variant);
  await page.route('**/api/**', (route) => route.abort());
  await page.goto(rawFilesPath);
  await page.getByText('This could not be loaded').waitFor();
  await shoot(page, 'error', variant);
  await page.context().close();
  await locked.context().close();
}

async function load(at: LocalStack, inBrowser: Browser): Promise<void> {
  const sample = path.join(stateDir, 'sample.csv');
  await writeSample(sample);
  const uploaded = await uploadFile(at, sample, await inspectFile(sample));
  const database = openDatabase({
    connectionString: at.databaseUrl,
    maxConnections: 1,
    applicationName: 'screenshots',
  });
  await waitForFile(uploaded, { database, bucket: at.s3.bucket });
  await at.invoke('Sweep', {});
  await reportSyncRun(at, { files_listed: 12, newest_modified_at: new Date().toISOString() });
  await shootOverview(at, inBrowser, { name: 'overview-well', text: 'Nothing is wrong.' });
  await loadFile(database, sixYearBlocks());
  await loadDisputed(database);
  const page = await tabOf(at, inBrowser, variants[2]);
  await dropFiles(page, [
    { name: 'solar.csv', content: solarFile() },
    { name: `${markup}.csv`, content: partlyBadFile() },
    { name: 'notes.csv', content: 'just,some,words\n1,2,3\n' },
  ]);
  for (const name of ['solar.csv', `${markup}.csv`, 'notes.csv']) {
    await uploadOf(page, name).getByRole('link', { name: 'Details' }).waitFor();
  }
  await dropFiles(page, [
    { name: 'solar (1).csv', content: solarFile() },
    { name: 'notes (1).csv', content: 'just,some,words\n1,2,3\n' },
  ]);
  await uploadOf(page, 'solar (1).csv').getByText('stored already').waitFor();
  await uploadOf(page, 'notes (1).csv').getByRole('button', { name: 'Load again' }).waitFor();
  for (const variant of variants) {
    await page.setViewportSize({ width: variant.width, height: 800 });
    await page.emulateMedia({ colorScheme: variant.colorScheme });
    await shoot(page, 'uploads', variant);
  }
  await page.context().close();
  await shootFindings(at, inBrowser, database);
  await database.close();
}

/** With a file that waits and was registered late, one that failed, and a sync that fails. */
async function shootFindings(at: LocalStack, inBrowser: Browser, database: Database): Promise<void> {
  const receivedAt = new Date(Date.now() - 3 * 3_600_000);
  const waiting = newRawFile({ bucket: at.s3.bucket, filename: 'waits.csv', receivedAt });
  await registerRawFile(database, waiting);
  await reportSyncRun(at, { error_code: 'login-rejected', files_listed: null });
  const text = 'has waited for 3 hours to be normalized';
  await shootOverview(at, inBrowser, { name: 'overview-findings', text });
}

async function shootOverview(
  at: LocalStack,
  inBrowser: Browser,
  { name, text }: { readonly name: string; readonly text: string },
): Promise<void> {
  for (const variant of variants) {
    const page = await tabOf(at, inBrowser, variant);
    await page.goto('/admin/smt');
    await page.locator('#findings').getByText(text).waitFor();
    await page.getByRole('heading', { name: 'Sources' }).waitFor();
    await shoot(page, name, variant);
    await page.context().close();
  }
}

/** Two months of a meter with daily reads: one interval is wrong, one day has no intervals, one was revised. */
async function loadDisputed(database: Database): Promise<void> {
  const days = Array.from({ length: 61 }, (_, index) => addDays('2025-05-01', index));
  const blocks = days.map((usageDate) =>
    newBlock({ esiid: disputedEsiid, usageDate, revisedAt: `${usageDate}T18:00:00Z` }),
  );
  const reads = days.map((usageDate, index) =>
    dailyRead({
      ...{ esiid: disputedEsiid, channel: 'consumption', usageDate, revisedAt: `${usageDate}T18:00:00Z` },
      ...{ kwh: '24', startReading: String(1000 + 24 * index), endReading: String(1024 + 24 * index) },
    }),
  );
  const wrong = blocks.map((block) => (block.usageDate === '2025-06-03' ? withFirst(block, '0.251') : block));
  const stored = wrong.filter(({ usageDate }) => usageDate !== '2025-06-10');
  await loadFile(database, stored, { reads, file: { filename: 'disputed.csv' } });
  const revised = blocks.filter(({ usageDate }) => usageDate === '2025-06-03');
  await loadFile(
    database,
    revised.map((block) => withFirst({ ...block, revisedAt: '2025-06-06T18:00:00Z' }, '0.252')),
    { file: { filename: 'correction.csv' } },
  );
}

function withFirst({ content: _, ...block }: IntervalBlock, kwh: string): IntervalBlock {
  return newBlock({ ...block, kwh: block.kwh.map((value, slot) => (slot === 0 ? kwh : value)) });
}

async function shootPages(at: LocalStack, inBrowser: Browser, variant: Variant): Promise<void> {
  /** Each in a tab of its own: one with many charts behind it has stopped answering. */
  const inTab = async (address: string, show: (page: Page) => Promise<void>) => {
    const page = await tabOf(at, inBrowser, variant);
    await page.goto(address);
    await show(page);
    await page.context().close();
  };
  await inTab(rawFilesPath, async (page) => {
    await page.getByRole('link', { name: 'solar.csv' }).waitFor();
    await shoot(page, 'raw-files', variant);
  });
  for (const [file, link] of [
    ['normalized', 'solar.csv'],
    ['rejected', `${markup}.csv`],
    ['failed', 'notes.csv'],
    ['audited', 'disputed.csv'],
  ] as const) {
    await inTab(rawFilesPath, async (page) => {
      await page.getByRole('link', { name: link }).click();
      await page.locator('.timeline').waitFor();
      await shoot(page, `raw-file-${file}`, variant);
    });
  }
  for (const [name, address] of Object.entries(usageViews)) {
    await inTab(address, async (page) => {
      await page.locator('#figures').waitFor();
      await drawCharts(page);
      await shoot(page, name, variant);
    });
  }
  await inTab('/api', async (page) => {
    await page.getByRole('heading', { name: 'Schemas' }).waitFor();
    await page.screenshot({ path: path.join(outputDir, `api-${variant.name}.png`) });
  });
  await inTab('/usage', async (page) => {
    await page.getByRole('combobox', { name: 'Meter' }).fill('0');
    await page.getByRole('option', { name: solarEsiid }).waitFor();
    await page.screenshot({ path: path.join(outputDir, `meters-${variant.name}.png`) });
  });
}
