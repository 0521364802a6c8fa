import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';

import type { LocalStack } from '../../infra/local/stack.ts';

/** What the tests of the pages share: tabs, drops, and a judge of accessibility. */

export interface DroppedFile {
  readonly name: string;
  readonly content: string;
}

export interface Tab {
  readonly page: Page;
  /** Errors that the console showed: refused scripts and styles among them. */
  readonly complaints: readonly string[];
}

export const rawFilesPath = '/admin/smt/raw';

/** A tab of its own, with its own sessionStorage; with the token unless told otherwise. */
export async function openTab(
  { browser, stack }: { readonly browser: Browser; readonly stack: LocalStack },
  path: string,
  {
    token = stack.adminToken,
    ...options
  }: { token?: string | null } & Parameters<Browser['newContext']>[0] = {},
): Promise<Tab> {
  const context = await browser.newContext({
    baseURL: stack.apiUrl,
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(75_000); // on a busy machine a function may start late, and its event come again after a minute
  if (token !== null) await storeToken(context, token);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    // An answer like 401 is logged by the browser itself, and is what some tests ask for.
    const isAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isAnswer) complaints.push(message.text());
  });
  await page.goto(path);
  return { page, complaints };
}

async function storeToken(context: BrowserContext, token: string): Promise<void> {
  await context.addInitScript(`sessionStorage.setItem('smt-admin-token', ${JSON.stringify(token)})`);
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

/** What would keep people out, by axe's rules. */
export async function barriersIn(page: Page): Promise<readonly string[]> {
  await page.evaluate(await readFile(axeFile, 'utf8'));
  const found = (await page.evaluate('axe.run(document, { resultTypes: ["violations"] })')) as {
    violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[];
  };
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`),
  );
}

/** Asks the API as the main app would. */
export async function askApi<Answer>({ apiUrl, adminToken }: LocalStack, path: string): Promise<Answer> {
  const response = await fetch(`${apiUrl}${path}`, { headers: { 'x-admin-token': adminToken } });
  return (await response.json()) as Answer;
}
