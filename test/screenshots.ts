import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { npmCommand, parseArguments } from '../infra/local/command-line.ts';
import { writeSample } from '../infra/local/sample.ts';
import { type LocalStack, startLocalStack } from '../infra/local/stack.ts';
import { inspectFile, uploadFile } from '../infra/local/upload.ts';
import { sampleEsiid } from '../shared/smt/sample-year.ts';
import { openDatabase } from '../shared/storage/database.ts';
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
import { loadFile } from './support/rows.ts';

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

const usageViews = {
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
  return (await openTab({ stack: at, browser: inBrowser }, rawFilesPath, options)).page;
}

async function shoot(page: Page, name: string, { name: variant }: Variant): Promise<void> {
  await page.screenshot({ path: path.join(outputDir, `${name}-${variant}.png`), fullPage: true });
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
  await uploadFile(at, sample, await inspectFile(sample));
  const database = openDatabase({
    connectionString: at.databaseUrl,
    maxConnections: 1,
    applicationName: 'screenshots',
  });
  await loadFile(database, sixYearBlocks());
  await database.close();
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
}

async function shootPages(at: LocalStack, inBrowser: Browser, variant: Variant): Promise<void> {
  const page = await tabOf(at, inBrowser, variant);
  await page.getByRole('link', { name: 'solar.csv' }).waitFor();
  await shoot(page, 'raw-files', variant);
  for (const [file, link] of [
    ['normalized', 'solar.csv'],
    ['rejected', `${markup}.csv`],
    ['failed', 'notes.csv'],
  ] as const) {
    await page.goto(rawFilesPath);
    await page.getByRole('link', { name: link }).click();
    await page.locator('.timeline').waitFor();
    await shoot(page, `raw-file-${file}`, variant);
  }
  for (const [name, address] of Object.entries(usageViews)) {
    await page.goto(address);
    await page.locator('#figures').waitFor();
    while ((await page.locator('.skeleton').count()) > 0) await page.waitForTimeout(100);
    await page.waitForTimeout(1_500); // a heat map is drawn over several frames
    await shoot(page, name, variant);
  }
  await page.getByRole('combobox', { name: 'Meter' }).fill('0');
  await page.getByRole('option', { name: solarEsiid }).waitFor();
  await page.screenshot({ path: path.join(outputDir, `meters-${variant.name}.png`) });
  await page.context().close();
}
