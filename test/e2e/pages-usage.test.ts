import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { sixYearBlocks, sixYearEsiid, smallFile, solarEsiid, solarFile } from '../support/page-files.ts';
import { loadFile, newBlock } from '../support/rows.ts';
import { askApi, barriersIn, pagesUnderTest, putObject, readerToken } from './pages-harness.ts';

vi.setConfig({ testTimeout: 90_000 });

const pages = pagesUnderTest();
const smallEsiid = '10443720000990077';
const july = `/usage?esiid=${sixYearEsiid}&from=2025-07-01&to=2025-07-31`;

beforeAll(async () => {
  await Promise.all([
    putObject(pages.stack, 'solar.csv', solarFile()),
    putObject(pages.stack, 'small.csv', smallFile(smallEsiid)),
    loadFile(pages.database.open(), sixYearBlocks()),
  ]);
  await vi.waitFor(
    async () => {
      const path = '/api/admin/smt/raw-files?status=normalized';
      expect((await askApi<{ files: object[] }>(pages.stack, path)).files).toHaveLength(3);
    },
    { timeout: 100_000, interval: 500 },
  );
}, 110_000);

/** The value of a figure, as it is shown. */
function figure(page: Page, name: string) {
  return page
    .locator('#figures > div', { has: page.getByText(name, { exact: true }) })
    .locator('.value')
    .textContent();
}

/** The sum that the API returns of a range, as the page writes it. */
async function kwhOf(esiid: string, from: string, to: string): Promise<string> {
  const path = `/api/usage?esiid=${esiid}&from=${from}&to=${to}&resolution=month`;
  const { rows } = await askApi<{ rows: { kwh: string }[] }>(pages.stack, path);
  const thousandths = rows.reduce((sum, { kwh }) => sum + Math.round(Number(kwh) * 1000), 0);
  return (thousandths / 1000).toLocaleString('en-US', { maximumFractionDigits: 3 });
}

/** Clicks into a chart, at a part of its width and height. */
async function clickChart(page: Page, card: string, x: number, y: number): Promise<void> {
  const chart = page.getByRole('region', { name: card, exact: true }).locator('.chart');
  await chart.scrollIntoViewIfNeeded();
  await chart.locator('canvas').first().waitFor(); // charts are drawn when they come near the window
  const box = await chart.boundingBox();
  if (!box) throw new Error(`${card} has no size`);
  await chart.click({ position: { x: box.width * x, y: box.height * y } });
}

function card(page: Page, name: string) {
  return page.getByRole('region', { name, exact: true });
}

describe('a range', () => {
  test('is all of six years when one asks for all, and exact', async () => {
    const page = await pages.openTab(`/usage?esiid=${sixYearEsiid}`);

    await page.getByRole('button', { name: 'All', exact: true }).click();
    await page.getByText('Sun, Sep 15, 2019 to Fri, Sep 12, 2025, 2,190 days').waitFor();

    const total = await kwhOf(sixYearEsiid, '2019-09-15', '2025-09-12');
    await expect.poll(() => figure(page, 'Total used')).toBe(`${total} kWh`);
    expect(new URL(page.url()).searchParams.get('from')).toBe('2019-09-15');
    expect(await page.getByRole('button', { name: 'All', exact: true }).getAttribute('aria-pressed')).toBe(
      'true',
    );
    await card(page, 'Month by month').waitFor();
    expect(await barriersIn(page)).toEqual([]);
  });

  test('says of clock-change days, estimates, gaps and incomplete months what they are', async () => {
    const page = await pages.openTab(`/usage?esiid=${solarEsiid}`);

    await page.getByText('Daily sums as a table').click();
    const day = (date: string) =>
      page
        .getByRole('row', { name: new RegExp(`${date}.*Import`) })
        .first()
        .textContent();

    expect(await day('Nov 3, 2024')).toContain('100 of 100');
    expect(await day('Mar 9, 2025')).toContain('92 of 92');
    expect(await day('Dec 24, 2024')).toContain('0 of 96');
    expect(await day('Jan 6, 2025')).toContain('96 of 9696');
    await page.getByText('1 gap', { exact: true }).click();
    await page
      .getByRole('row', { name: 'Import and export Tue, Dec 24, 2024, 00:00 Thu, Dec 26, 2024, 00:00' })
      .waitFor();
    await page.getByText('Monthly sums as a table').click();
    await page.getByRole('row', { name: /^December 2024 Import .* 29 of 31/ }).waitFor();
    await page.getByRole('row', { name: /^March 2025 Export .* 19 of 31/ }).waitFor();
    expect(await figure(page, 'Baseload')).not.toBe('0.00 kW');
  });

  test('draws each of its charts, and shows tooltips whole on a phone', async () => {
    const page = await pages.openTab(`/usage?esiid=${solarEsiid}`, { viewport: { width: 360, height: 740 } });

    // Energy, coverage, months, a typical day, two heat maps, hours; each is drawn when it comes near the window.
    await expect
      .poll(() =>
        page.evaluate(`(() => {
          const charts = [...document.querySelectorAll('.chart')];
          charts.find((chart) => !chart.querySelector('canvas'))?.scrollIntoView();
          const colours = (canvas) => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data);
          const isPainted = (chart) => [...chart.querySelectorAll('canvas')].some((canvas) => colours(canvas).size > 8);
          return charts.filter(isPainted).length;
        })()`),
      )
      .toBe(7);
    const strip = card(page, 'Coverage').locator('.chart');
    await strip.scrollIntoViewIfNeeded();
    await strip.hover({ position: { x: 200, y: 20 } });
    const tooltip = page.locator('.chart-tooltip', { hasText: 'first received' });
    await tooltip.waitFor();
    const box = await tooltip.boundingBox();

    expect(box?.x).toBeGreaterThanOrEqual(0);
    expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(360);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(740);
  });
});

describe('what is made of a range', () => {
  test('is a CSV file as the API gives it, and every chart a picture and a CSV of its own', async () => {
    const page = await pages.openTab(`/usage?esiid=${solarEsiid}&from=2024-11-01&to=2024-11-30`);
    const download = async (name: string) => {
      const downloading = page.waitForEvent('download');
      await page.getByRole('button', { name, exact: true }).click();
      const file = await downloading;
      return { name: file.suggestedFilename(), content: await readFile(await file.path()) };
    };

    await page.getByLabel('Rows of').selectOption('day');
    const csv = await download('Download CSV');
    const picture = await download('Energy as PNG');
    const days = await download('Energy as CSV');

    const address = `/api/usage?esiid=${solarEsiid}&from=2024-11-01&to=2024-11-30&resolution=day`;
    const response = await fetch(`${pages.stack.apiUrl}${address}`, {
      headers: { 'x-admin-token': pages.stack.adminToken, accept: 'text/csv' },
    });
    expect(csv.content.toString()).toBe(await response.text());
    expect(csv.name).toBe(`usage-${solarEsiid}-2024-11-01-2024-11-30-day.csv`);
    expect(picture.name).toBe(`energy-${solarEsiid}-2024-11-01-2024-11-30.png`);
    expect(picture.content.subarray(1, 4).toString()).toBe('PNG');
    expect(days.content.toString().split('\n')[1]).toMatch(
      /^2024-11-01,Import,\d+\.\d+,,,unaudited,96,0,1,\d+$/,
    );
  });

  test('says which energy was used in hours that one sets, and keeps them in the URL', async () => {
    const page = await pages.openTab(july);
    const hours = card(page, 'Split by hours');

    await hours.getByLabel('From', { exact: true }).selectOption('20');
    await hours.getByLabel('To', { exact: true }).selectOption('6');
    await hours.getByLabel('On', { exact: true }).selectOption('all');
    await hours.getByText('from 20:00 to 06:00,').waitFor();

    const sentence = (await hours.locator('.split').textContent()) ?? '';
    const [within = 0, outside = 0] = [...sentence.matchAll(/([\d,.]+) kWh/g)].map(([, kwh = '']) =>
      Number(kwh.replaceAll(',', '')),
    );
    const total = await kwhOf(sixYearEsiid, '2025-07-01', '2025-07-31');
    expect((within + outside).toFixed(3)).toBe(Number(total.replaceAll(',', '')).toFixed(3));
    expect(within).toBeGreaterThan(0);
    expect(new URL(page.url()).searchParams.get('hours')).toBe('20-6');
    await page.reload();
    await hours.getByText('from 20:00 to 06:00,').waitFor();
  });
});

describe('last July and the July before', () => {
  test('are compared: how much, at which hours, which day had the peak, which days are missing', async () => {
    const page = await pages.openTab(july);

    await page.getByLabel('Compare with', { exact: true }).selectOption('year');
    const name = 'Mon, Jul 1, 2024 to Wed, Jul 31, 2024';
    const comparison = card(page, `Compared with ${name}`);
    await comparison.waitFor();

    const [now, before] = await Promise.all([
      kwhOf(sixYearEsiid, '2025-07-01', '2025-07-31'),
      kwhOf(sixYearEsiid, '2024-07-01', '2024-07-31'),
    ]);
    await comparison.getByRole('row', { name: `Import, kWh ${now} ${before}` }).waitFor();
    await comparison.getByRole('row', { name: 'Import, complete days 30 of 31 29 of 31' }).waitFor();
    await comparison
      .getByRole('row', { name: /^Import, peak day .* kWh on .*2025 .* kWh on .*2024/ })
      .waitFor();
    await card(page, 'A typical day').getByText('Typical day as a table').click();
    await page.getByRole('columnheader', { name: `Import, ${name} (kW)` }).waitFor();
    await card(page, 'Coverage').getByText('1 gap').click();
    await page
      .getByRole('row', { name: 'Import Fri, Jul 4, 2025, 10:00 Fri, Jul 4, 2025, 15:00 20' })
      .waitFor();
    expect(new URL(page.url()).searchParams.get('compare')).toBe('year');
    expect(await barriersIn(page)).toEqual([]);
  });

  test('can be found from all six years by one click on the month', async () => {
    const page = await pages.openTab(`/usage?esiid=${sixYearEsiid}&from=2025-03-01&to=2025-08-31`);

    await clickChart(page, 'By month', 0.7, 0.6); // the fifth of six months
    await page.getByText('Tue, Jul 1, 2025 to Thu, Jul 31, 2025, 31 days').waitFor();
    await page.getByRole('button', { name: 'The range before' }).click();

    await page.getByText('Sun, Jun 1, 2025 to Mon, Jun 30, 2025, 30 days').waitFor();
  });

  test('are compared with another meter as well', async () => {
    const page = await pages.openTab(`/usage?esiid=${sixYearEsiid}&from=2025-06-01&to=2025-06-01`);

    await page.getByLabel('Compare with', { exact: true }).selectOption('meter');
    await page.getByLabel('ESIID to compare with').fill(smallEsiid);
    await page.keyboard.press('Enter');

    await card(page, `Compared with ${smallEsiid}`).waitFor();
  });
});

describe('a day', () => {
  test('opens by a click, shows each of its intervals, and Back leads to the range as it was', async () => {
    const page = await pages.openTab(`${july}&zoom=2025-07-03..2025-07-05`);
    await page.getByRole('img', { name: /^Energy over time/ }).waitFor();

    await clickChart(page, 'Energy', 0.5, 0.4); // the middle of three days
    await page.getByRole('heading', { name: 'Every interval of Fri, Jul 4, 2025' }).waitFor();
    await page.getByText('Intervals as a table').click();

    await expect.poll(() => page.getByRole('row', { name: /^\d\d:\d\d \(/ }).count()).toBe(96);
    await page.getByRole('row', { name: '10:00 (-05:00) missing' }).waitFor();
    expect(await figure(page, 'Intervals')).toBe('76 of 96');
    expect(await barriersIn(page)).toEqual([]);
    await page.goBack();
    await page.getByText('Tue, Jul 1, 2025 to Thu, Jul 31, 2025, 31 days').waitFor();
    expect(page.url()).toContain('zoom=2025-07-03..2025-07-05');
    await page.goForward();
    await page.getByRole('heading', { name: 'Every interval of Fri, Jul 4, 2025' }).waitFor();
  });

  test.each([
    ['2025-03-09', 92, '02:00 to 03:00 does not exist'],
    ['2024-11-03', 100, '01:00 to 02:00 comes twice'],
  ])('%s has %i intervals, and says why', async (date, count, why) => {
    const page = await pages.openTab(`/usage?esiid=${solarEsiid}&day=${date}`);

    await page.getByText(why).waitFor();
    await page.getByText('Intervals as a table').click();

    await expect.poll(() => page.getByRole('row', { name: /^\d\d:\d\d \(/ }).count()).toBe(count);
  });

  test('names the file it came from, and leads to the days beside it', async () => {
    const page = await pages.openTab(`/usage?esiid=${smallEsiid}&day=2025-06-01`);

    await card(page, 'Where it came from')
      .getByRole('link', { name: /^#\d+$/ })
      .waitFor();
    await page.getByRole('link', { name: 'The day after' }).click();

    await page.getByText('No file that was loaded holds this day.').waitFor();
    expect(page.url()).toContain('day=2025-06-02');
  });
});

describe('meters', () => {
  test('are found by digits anywhere in the ESIID, and by a name that one gives them', async () => {
    const page = await pages.openTab('/usage');
    await page.getByRole('heading', { name: 'Choose a meter' }).waitFor();
    const field = page.getByRole('combobox', { name: 'Meter' });

    await field.fill('9900');
    await page.getByRole('option', { name: smallEsiid }).waitFor();
    await expect.poll(() => page.locator('#meters [role=option]').count()).toBe(1);
    expect(await barriersIn(page)).toEqual([]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: smallEsiid }).waitFor();
    await page.getByRole('button', { name: 'Name this meter' }).click();
    await page.getByLabel('Name, kept in this browser only').fill('Lake house');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Lake house' }).waitFor();
    await page.goto('/usage');
    await field.fill('lake');
    await page.getByRole('option', { name: `Lake house ${smallEsiid}` }).click();

    await page.getByRole('heading', { name: 'Lake house' }).waitFor();
    expect(new URL(page.url()).searchParams.get('esiid')).toBe(smallEsiid);
  });
});

describe('a day that SMT’s daily read contradicts', () => {
  test('is what one sees first in the range, and says on its page what the two sums are', async () => {
    const read = `'${smallEsiid},06/01/2025,06/02/2025 06:18:33,100.000,101.000,1.000`;
    const header = 'ESIID,USAGE_DATE,REVISION_DATE,START_READ,END_READ,USAGE_KWH';
    await putObject(pages.stack, 'daily-reads.csv', `${header}\n${read}\n`);
    await expect
      .poll(() => askApi<object>(pages.stack, '/api/admin/smt/raw-files?q=daily-reads.csv&status=normalized'))
      .toMatchObject({ files: [{ filename: 'daily-reads.csv' }] });
    const page = await pages.openTab(`/usage?esiid=${smallEsiid}&from=2025-06-01&to=2025-06-01`);
    const notice = page.getByRole('region', { name: 'Days that SMT’s reads contradict' });

    await notice.getByText('1 day contradicts SMT’s daily read').waitFor();
    const sums = /^Sun, Jun 1, 2025 import: intervals [\d.]+ kWh, SMT read 1 kWh, difference −?[\d.]+ kWh$/;
    expect(await notice.getByRole('listitem').textContent()).toMatch(sums);
    expect((await notice.boundingBox())?.y).toBeLessThan(
      (await page.locator('#figures').boundingBox())?.y ?? 0,
    );
    await page.getByRole('row', { name: /^Sun, Jun 1, 2025 Import disputed .* 1 / }).waitFor();
    await card(page, 'Coverage').getByText('Coverage as a table').click();
    await page
      .getByRole('row', { name: /^Sun, Jun 1, 2025 Import [\d.]+ 1 −?-?[\d.]+ disputed 96 of 96/ })
      .waitFor();
    expect(await barriersIn(page)).toEqual([]);
    const strip = card(page, 'Coverage').locator('.chart');
    await strip.scrollIntoViewIfNeeded();
    await strip.hover({ position: { x: 300, y: 60 } }); // the stripe of SMT's reads, below that of the intervals
    await page.locator('.chart-tooltip', { hasText: 'SMT read 1 kWh, difference' }).waitFor();
    await card(page, 'SMT’s own reads').getByRole('link', { name: 'Sun, Jun 1, 2025' }).click();

    await page
      .getByText('Import: disputed: every interval is stored, and their sum is not SMT’s daily read')
      .waitFor();
    await page.getByText('1 day contradicts SMT’s daily read').waitFor();
    await page.goto('/admin/smt/raw?q=daily-reads.csv');
    await page.getByRole('link', { name: 'daily-reads.csv' }).click();
    await page.getByText('1 day contradicted').waitFor();
  });
});

describe('a day that was revised', () => {
  test('says which intervals changed, from what to what, when and by which file', async () => {
    const esiid = '10443720000990088';
    const first = newBlock({ esiid, usageDate: '2025-06-01', estimated: `1${'0'.repeat(95)}` });
    const kwh = first.kwh.map((value, slot) => (slot === 0 ? '0.31' : value));
    const second = newBlock({ esiid, usageDate: '2025-06-01', kwh, revisedAt: '2025-06-05T06:00:00Z' });
    const database = pages.database.open();
    await loadFile(database, [{ ...first, revisedAt: '2025-06-02T06:00:00Z' }], {
      file: { filename: 'first.csv' },
    });
    const { id } = await loadFile(database, [second], { file: { filename: 'correction.csv' } });

    const page = await pages.openTab(`/usage?esiid=${esiid}&day=2025-06-01`);

    const revisions = card(page, 'Where it came from');
    const correction = `#${id} correction.csv 24.06 96 1 replaced 96`;
    await revisions
      .getByRole('row', { name: new RegExp(`^Import Jun 5, 2025, 01:00:00 CDT .* ${correction}$`) })
      .waitFor();
    await revisions
      .getByText('Import: 1 interval replaced by the revision of Jun 5, 2025, 01:00:00 CDT')
      .click();
    await revisions.getByRole('row', { name: '00:00 (-05:00) 0.25 kWh, estimated 0.31 kWh' }).waitFor();
    expect(await barriersIn(page)).toEqual([]);
  });
});

describe('a reader token', () => {
  test('shows usage without links to what it may not see, and raw files say what they need', async () => {
    const page = await pages.openTab(`/usage?esiid=${smallEsiid}&day=2025-06-01`, { token: readerToken });

    await card(page, 'Where it came from')
      .getByText(/^#\d+$/)
      .filter({ visible: true })
      .waitFor();
    await expect.poll(() => page.getByRole('link', { name: /Raw files|^#\d+$/ }).count()).toBe(0);
    await page.getByRole('link', { name: '← This meter' }).click();
    await card(page, 'Peaks').waitFor();
    expect(await barriersIn(page)).toEqual([]);
    await page.goto('/admin/smt/raw');
    await page.getByRole('heading', { name: 'This page needs the admin token' }).waitFor();
    expect(await barriersIn(page)).toEqual([]);
    await page.getByRole('link', { name: 'usage', exact: true }).click();

    await page.getByRole('heading', { name: 'Choose a meter' }).waitFor();
  });
});

describe('the usage page', () => {
  test('cuts nothing off on a small dark screen', async () => {
    const phone = { viewport: { width: 360, height: 740 }, colorScheme: 'dark' } as const;
    const page = await pages.openTab(`${july}&compare=year`, phone);
    await card(page, 'Peaks').waitFor();

    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await barriersIn(page)).toEqual([]);
    await page.goto(`/usage?esiid=${solarEsiid}&day=2024-11-03`);
    await card(page, 'Where it came from').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    expect(await barriersIn(page)).toEqual([]);
  });

  test('leaves on paper what can be read, and no buttons', async () => {
    const page = await pages.openTab(july);
    await card(page, 'Peaks').waitFor();

    await page.emulateMedia({ media: 'print' });

    expect(await page.getByRole('combobox', { name: 'Meter' }).isVisible()).toBe(false);
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await card(page, 'Energy').locator('canvas').first().isVisible()).toBe(true);
  });
});

describe('the page of the API', () => {
  test('describes every operation without a token, and leads from a response to its schema', async () => {
    const page = await pages.openTab('/api#getCoverage', { token: null });
    const operation = card(page, 'getCoverage');
    const { paths } = await askApi<{ paths: Record<string, object> }>(pages.stack, '/api/openapi.json');

    await operation.getByRole('heading', { name: 'GET /api/usage/coverage' }).waitFor();
    await operation.getByRole('row', { name: /^esiid string ESIID: 17 or 22 digits/ }).waitFor();
    const operations = Object.values(paths).flatMap((methods) => Object.keys(methods));
    expect(await page.locator('.operation').count()).toBe(operations.length);
    expect(await barriersIn(page)).toEqual([]);
    await operation.getByRole('link', { name: 'CoverageResponse' }).click();

    await card(page, 'CoverageResponse').getByRole('link', { name: 'CoveredDay' }).waitFor();
    expect(page.url()).toContain('#schema-CoverageResponse');
  });
});
