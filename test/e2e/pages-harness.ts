import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type LocalStack, startLocalStack } from '../../infra/local/stack.ts';
import { synthesize } from '../../infra/local/synthesize.ts';
import { startBrowser } from '../support/browser.ts';
import { createFreshDatabase, type FreshDatabase } from '../support/database.ts';

/** What the tests of the pages share: a stack and a browser, tabs, drops, and axe. */

type TabOptions = { token?: string | null } & Parameters<Browser['newContext']>[0];

export interface PagesUnderTest {
  readonly stack: LocalStack;
  readonly database: FreshDatabase;
  /** A tab of its own; after the test its console must be clean. */
  openTab(address: string, options?: TabOptions): Promise<Page>;
}

/** Starts the whole stack and a browser for the tests of a file. */
export function pagesUnderTest(): PagesUnderTest {
  const tabs: Tab[] = [];
  let stack: LocalStack;
  let browser: Browser;
  let database: FreshDatabase;
  let stateDir: string;

  beforeAll(async () => {
    database = await createFreshDatabase('empty');
    stateDir = await mkdtemp(path.join(tmpdir(), 'smt-pages-'));
    const assemblyDir = await synthesize();
    await keepReaderToken(stateDir, assemblyDir);
    [stack, browser] = await Promise.all([
      startLocalStack({
        stateDir,
        assemblyDir,
        databaseUrl: database.connectionString,
      }),
      startBrowser(),
    ]);
  }, 110_000); // on a busy machine the pages are bundled first

  afterAll(async () => {
    await Promise.all([browser?.close(), stack?.stop()]);
    await database?.drop();
    await rm(stateDir, { recursive: true, force: true });
  });

  afterEach(async () => {
    const complaints = tabs.flatMap((tab) => tab.complaints);
    await Promise.all(tabs.splice(0).map(({ page }) => page.context().close()));
    stack.s3.faults.clear();
    expect(complaints).toEqual([]); // a script or style that the policy blocked, or an error of ours
  });

  return {
    get stack() {
      return stack;
    },
    get database() {
      return database;
    },
    async openTab(address, options = {}) {
      const tab = await openTab({ browser, stack }, address, options);
      tabs.push(tab);
      return tab.page;
    },
  };
}

/** A token that reads usage only, of every stack of these tests. */
export const readerToken = 'a-reader-of-usage-and-of-nothing-else-1';

/** The local stack takes the values of its secrets from this file, by their names in the template. */
async function keepReaderToken(stateDir: string, assemblyDir: string): Promise<void> {
  const template = await readFile(path.join(assemblyDir, 'SmtIngest-dev.template.json'), 'utf8');
  const secret = /"(ReaderTokensSecret\w+)": *\{/.exec(template)?.[1] ?? '';
  const values = { [secret]: JSON.stringify({ analyst: readerToken }) };
  await writeFile(path.join(stateDir, 'secrets.json'), JSON.stringify(values));
}

export interface DroppedFile {
  readonly name: string;
  readonly content: string;
}

export interface Tab {
  readonly page: Page;
  /** Errors that the console showed: blocked scripts and styles among them. */
  readonly complaints: readonly string[];
}

export const rawFilesPath = '/admin/smt/raw';

/** A tab of its own, with its own sessionStorage; with the token by default. */
export async function openTab(
  { browser, stack }: { readonly browser: Browser; readonly stack: LocalStack },
  path: string,
  { token = stack.adminToken, ...options }: TabOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({
    baseURL: stack.apiUrl,
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(75_000); // on a busy host a function may start late, and its event is redelivered after a minute
  if (token !== null) await storeToken(context, token);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // The browser itself logs responses like 401, which some tests ask for.
    const isResponse = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isResponse) complaints.push(message.text());
  });
  await page.goto(path);
  return { page, complaints };
}

async function storeToken(context: BrowserContext, token: string): Promise<void> {
  await context.addInitScript(`sessionStorage.setItem('smt-token', ${JSON.stringify(token)})`);
}

/** Drops files as someone does who drags them onto the page. */
export async function dropFiles(page: Page, files: readonly DroppedFile[]): Promise<void> {
  const dropped = await page.evaluateHandle(
    `(() => {
      const transfer = new DataTransfer();
      for (const { name, content } of ${JSON.stringify(files)}) transfer.items.add(new File([content], name, { type: 'text/csv' }));
      return transfer;
    })()`,
  );
  await page.dispatchEvent('#drop-zone', 'dragover', { dataTransfer: dropped });
  await page.dispatchEvent('#drop-zone', 'drop', { dataTransfer: dropped });
}

/** The upload of a file in the list of this visit's. */
export function uploadOf(page: Page, name: string) {
  return page.locator('#uploads > li').filter({ hasText: name });
}

const axeFile = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Accessibility violations by axe's rules. */
export async function barriersIn(page: Page): Promise<readonly string[]> {
  await page.evaluate(await readFile(axeFile, 'utf8'));
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[];
  };
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  );
}

/** Calls the API as the main app would. */
export async function askApi<Response>({ apiUrl, adminToken }: LocalStack, path: string): Promise<Response> {
  const response = await fetch(`${apiUrl}${path}`, { headers: { 'x-admin-token': adminToken } });
  return (await response.json()) as Response;
}

/** Puts an object as a user with write access to the bucket does. */
export async function putObject(
  { s3 }: LocalStack,
  key: string,
  content: string | Uint8Array,
): Promise<void> {
  const { region, credentials } = s3;
  const client = new S3Client({ endpoint: s3.url, region, credentials, forcePathStyle: true });
  await client.send(new PutObjectCommand({ Bucket: s3.bucket, Key: key, Body: content }));
}
