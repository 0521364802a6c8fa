import type { Browser, Page } from 'playwright-core';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { openDatabase } from '../../../shared/storage/database.ts';
import { openTab } from '../../e2e/pages-harness.ts';
import { startBrowser } from '../../support/browser.ts';
import { sixYearBlocks, sixYearEsiid } from '../../support/page-files.ts';
import { loadFile } from '../../support/rows.ts';
import { type Findings, figure, type Measure, verdict } from '../findings.ts';
import type { BenchSetup } from '../setup.ts';

const sixYears = `/usage?esiid=${sixYearEsiid}&from=2019-09-15&to=2025-09-12`;

/** The usage page of a meter with six years of data, in a browser, on the whole stack. */
export const pages: Measure = {
  title: 'the usage page over six years, from the click on its link',
  async run(setup) {
    const stack = await setup.startStack();
    const browser = await startBrowser();
    try {
      await load(stack);
      return await measure(setup, stack, browser);
    } finally {
      await browser.close();
    }
  },
};

async function load({ databaseUrl }: LocalStack): Promise<void> {
  const connection = { connectionString: databaseUrl, maxConnections: 1, applicationName: 'bench' };
  const database = openDatabase(connection);
  await loadFile(database, sixYearBlocks());
  await database.close();
}

/** What a visit takes in ms, from the start of the navigation. */
interface Visit {
  /** Figures and the energy chart are drawn, and the page responds within 50 ms. */
  readonly interactiveMs: number;
  /** Every card has its data; charts are drawn when they are scrolled to. */
  readonly completeMs: number;
  readonly transferredBytes: number;
}

async function measure(setup: BenchSetup, stack: LocalStack, browser: Browser): Promise<Findings> {
  const visits: Visit[] = [];
  const rounds = setup.isQuick ? 3 : 15;
  for (let round = -2; round < rounds; round += 1) {
    const { page } = await openTab({ browser, stack }, '/health'); // a cache of its own: a first visit
    const visit = await visitOf(page);
    if (round >= 0) visits.push(visit);
    await page.context().close();
  }
  const interactive = visits.map(({ interactiveMs }) => interactiveMs);
  return {
    figures: [
      figure(
        'every card is drawn',
        'ms',
        visits.map(({ completeMs }) => completeMs),
      ),
      figure(
        'transferred, all requests',
        'KB',
        visits.map(({ transferredBytes }) => transferredBytes / 1000),
      ),
    ],
    verdicts: [
      verdict('interactive: figures and energy drawn, responding', 'ms', interactive, { atMost: 1_000 }),
    ],
    notes: ['functions are warm; each visit has an empty cache'],
  };
}

async function visitOf(page: Page): Promise<Visit> {
  await page.goto(sixYears, { waitUntil: 'commit' });
  return (await page.evaluate(watchPage)) as Visit;
}

/** Runs in the page: notes the first frame in which the figures and the energy chart are drawn and the frame after comes at once. */
const watchPage = `new Promise((resolve) => {
  let interactiveMs = 0;
  let lastFrameMs = performance.now();
  const isDrawn = () => document.querySelector('#figures') && document.querySelector('.chart.curve canvas');
  const isComplete = () => isDrawn() && !document.querySelector('.skeleton');
  const frame = () => {
    const nowMs = performance.now();
    if (interactiveMs === 0 && isDrawn() && nowMs - lastFrameMs < 50) interactiveMs = nowMs;
    lastFrameMs = nowMs;
    if (interactiveMs === 0 || !isComplete()) return requestAnimationFrame(frame);
    const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const transferredBytes = entries.reduce((sum, { transferSize }) => sum + transferSize, 0);
    resolve({ interactiveMs, completeMs: nowMs, transferredBytes });
  };
  requestAnimationFrame(frame);
})`;
