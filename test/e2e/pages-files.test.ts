import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { uploadKeyOf } from '../../shared/raw-files/object-key.ts';
import { markup, partlyBadFile, smallFile, solarEsiid, solarFile } from '../support/page-files.ts';
import {
  askApi,
  barriersIn,
  dropFiles,
  pagesUnderTest,
  putObject,
  rawFilesPath,
  uploadOf,
} from './pages-harness.ts';

vi.setConfig({ testTimeout: 90_000 });

const pages = pagesUnderTest();

/** Waits until a file that was put into the bucket is registered. */
async function registered(name: string): Promise<void> {
  await expect
    .poll(() => askApi<{ files: object[] }>(pages.stack, `/api/admin/smt/raw-files?q=${name}`))
    .toMatchObject({ files: [{ filename: name }] });
}

describe('the token', () => {
  test('is asked for once: a wrong one is rejected, the right one opens the page and stays out of the URL', async () => {
    const page = await pages.openTab(rawFilesPath, { token: null });
    const token = page.getByLabel('Token', { exact: true });

    await token.fill('not-the-token');
    await page.keyboard.press('Enter');
    await page.getByText('That token is not the right one.').waitFor();
    expect(await barriersIn(page)).toEqual([]);
    await token.fill(pages.stack.adminToken);
    await page.keyboard.press('Enter');

    await page.getByText('No files yet').waitFor();
    expect(page.url()).toBe(`${pages.stack.apiUrl}${rawFilesPath}`);
    await page.reload();
    await page.getByText('No files yet').waitFor();
    await page.goto('/usage');
    await page.getByText('No usage yet').waitFor();
  });

  test('can be kept in the browser for a stated time, and Lock forgets it in every tab', async () => {
    const page = await pages.openTab(rawFilesPath, { token: null });
    await page.getByLabel('Keep it').selectOption('in this browser for 12 hours');
    await page.getByLabel('Token', { exact: true }).fill(pages.stack.adminToken);
    await page.keyboard.press('Enter');
    await page.getByText('No files yet').waitFor();

    const other = await page.context().newPage();
    await other.goto('/usage');
    await other.getByText('No usage yet').waitFor();
    await page.getByRole('button', { name: 'Lock' }).click();

    for (const locked of [page, other]) await locked.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await other.evaluate('localStorage.length + sessionStorage.length')).toBe(0);
  });

  test('is forgotten when it expires', async () => {
    const page = await pages.openTab(rawFilesPath, { token: null });
    await page.evaluate(
      `localStorage.setItem('smt-token', JSON.stringify({ token: ${JSON.stringify(pages.stack.adminToken)}, expiresAtMs: Date.now() - 1 }))`,
    );

    await page.reload();

    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.evaluate('localStorage.length')).toBe(0);
  });

  test('can be filled in by a password manager', async () => {
    const page = await pages.openTab(rawFilesPath, { token: null });
    const fields = await page.evaluate(
      `[...document.querySelectorAll('#token-form input')].map(({ type, autocomplete }) => [type, autocomplete])`,
    );

    expect(fields).toEqual([
      ['text', 'username'],
      ['password', 'current-password'],
    ]);
  });

  test('is required: without it a page shows how to enter it, and nothing else', async () => {
    const page = await pages.openTab('/usage', { token: null });

    await page.getByRole('button', { name: 'Not now' }).click();

    await page.getByRole('heading', { name: 'This page needs a token' }).waitFor();
    expect(await page.getByLabel('Meter', { exact: true }).isVisible()).toBe(false);
    expect(await barriersIn(page)).toEqual([]);
  });
});

describe('an empty system', () => {
  test('explains itself, and loads a sample to look at', async () => {
    const page = await pages.openTab(rawFilesPath);
    await page.getByText('Each 15-minute interval is stored exactly once').waitFor();
    expect(await barriersIn(page)).toEqual([]);

    await page.getByRole('button', { name: 'Load a sample' }).click();
    const upload = uploadOf(page, 'sample-IntervalData-2025.csv');
    await upload.getByText('35,040 intervals of 1 ESIID read, all new.').waitFor();
    await upload.getByRole('link', { name: 'See the usage' }).click();

    await page.getByText('Wed, Jan 1, 2025 to Wed, Dec 31, 2025, 365 days').waitFor();
  });
});

describe('an upload', () => {
  test('is loaded live on the page, which links to its usage', async () => {
    const page = await pages.openTab(rawFilesPath);

    await dropFiles(page, [{ name: 'solar.csv', content: solarFile() }]);
    const upload = uploadOf(page, 'solar.csv');
    await upload.getByText('32,256 intervals of 1 ESIID read, all new.').waitFor();
    await page.getByRole('row', { name: /solar\.csv.*Normalized/ }).waitFor();
    expect(await barriersIn(page)).toEqual([]);
    await upload.getByRole('link', { name: 'See the usage' }).click();

    await page.locator('#figures').waitFor();
    const response = await askApi<{ rows: { channel: string; kwh: string }[] }>(
      pages.stack,
      `/api/usage?esiid=${solarEsiid}&resolution=month`,
    );
    const total = (channel: string) =>
      response.rows
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

  test('says why a file failed, shows rejected rows as they were, and markup in them as text', async () => {
    const page = await pages.openTab(rawFilesPath);
    const name = `${markup}.csv`;

    await dropFiles(page, [
      { name, content: partlyBadFile() },
      { name: 'notes.csv', content: 'just,some,words\n1,2,3\n' },
    ]);
    await uploadOf(page, 'notes.csv')
      .getByText('The first line is not the header of an interval file')
      .waitFor();
    await uploadOf(page, name).getByText('2 rows rejected.').waitFor();
    await uploadOf(page, name).getByRole('link', { name: 'Details' }).click();

    await page.getByRole('heading', { level: 1, name }).waitFor();
    await page.getByText(`,00:30,00:45,${markup},A,Consumption`).waitFor();
    await page.getByRole('row', { name: /^3 ESIID 1\.04437E\+16/ }).waitFor();
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await page.evaluate('window.attacked')).toBeUndefined();
    expect(await barriersIn(page)).toEqual([]);
  });

  test('of the same file in two tabs at once is loaded once, and both see it', async () => {
    const tabs = await Promise.all([pages.openTab(rawFilesPath), pages.openTab(rawFilesPath)]);
    const file = { name: 'twice.csv', content: smallFile('10443720000000078') };

    await Promise.all(tabs.map((page) => dropFiles(page, [file])));
    const hrefs = await Promise.all(
      tabs.map((page) =>
        uploadOf(page, 'twice.csv').getByRole('link', { name: 'Details' }).getAttribute('href'),
      ),
    );

    expect(hrefs[0]).toBe(hrefs[1]);
    const response = await askApi<{ files: object[] }>(pages.stack, '/api/admin/smt/raw-files?q=twice.csv');
    expect(response.files).toMatchObject([{ status: 'normalized', intervals_inserted: 96 }]);
  });
});

describe('an upload that is disturbed', () => {
  test('because S3 rejects it says so, and trying again delivers it', async () => {
    pages.stack.s3.faults.inject({
      kind: 'slow-down',
      times: 1,
      matches: ({ operation }) => operation === 'PutObject',
    });
    const page = await pages.openTab(rawFilesPath);

    await dropFiles(page, [{ name: 'rejected.csv', content: smallFile('10443720000000079') }]);
    const upload = uploadOf(page, 'rejected.csv');
    await upload.getByText('S3 rejected the file (503 SlowDown). Try again.').waitFor();
    expect(await barriersIn(page)).toEqual([]);
    await upload.getByRole('button', { name: 'Try again' }).click();

    await upload.getByText('96 intervals of 1 ESIID read, all new.').waitFor();
  });

  test('before says so when the file is dropped again, and can be loaded again on the spot', async () => {
    const page = await pages.openTab(rawFilesPath);
    const file = { name: 'again.csv', content: smallFile('10443720000000081') };
    await dropFiles(page, [file]);
    await uploadOf(page, file.name).getByText('96 intervals of 1 ESIID read, all new.').waitFor();
    await pages.database.open().pool.query(
      `update raw_files set status = 'failed', error_code = 'worker-lost', error_message = 'It was lost.'
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
    expect(await upload.getByRole('link', { name: 'See the usage' }).getAttribute('href')).toContain('from=');
  });

  test('warns on leaving the page until it is delivered', async () => {
    const page = await pages.openTab(rawFilesPath);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route(`${pages.stack.s3.url}/**`, async (route) => {
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
    await upload.getByRole('link', { name: 'Details' }).waitFor();
    await page.reload();
    await page.getByRole('row', { name: /leaving\.csv/ }).waitFor();
  });
});

describe('an upload that cannot be taken as it is', () => {
  test('does not say "delivered" when the key has other bytes, and does when it has these', async () => {
    const content = smallFile('10443720000000082');
    const sha256 = createHash('sha256').update(content).digest('hex');
    const page = await pages.openTab(rawFilesPath);
    // Anyone with write access to the bucket can put anything under the key of a granted upload.
    const key = { requestedAt: new Date(), source: 'admin-ui', esiid: null, sha256, filename: 'taken.csv' };
    await putObject(pages.stack, uploadKeyOf(key), smallFile('10443720000000083'));
    await registered('taken.csv');

    await dropFiles(page, [{ name: 'taken.csv', content }]);
    const upload = uploadOf(page, 'taken.csv');
    await upload
      .getByText('with other bytes. This file is not stored. Rename it and drop it again')
      .waitFor();
    await page.route(`${pages.stack.s3.url}/**`, async (route) => {
      // Two tabs at once: the other one's upload of the same file arrives first.
      if (route.request().method() === 'PUT') await route.fetch();
      await route.continue();
    });
    await dropFiles(page, [{ name: 'same.csv', content }]);

    await uploadOf(page, 'same.csv').getByText('96 intervals of 1 ESIID read, all new.').waitFor();
  });

  test('that is too large is rejected before any of it is read', async () => {
    const page = await pages.openTab(rawFilesPath);

    // Of 6.4 GB, made of one array that is not copied.
    await page.evaluate(`(() => {
      const part = new Blob([new Uint8Array(50_000_000)]);
      const transfer = new DataTransfer();
      transfer.items.add(new File(Array(128).fill(part), 'huge.zip'));
      document.querySelector('#drop-zone').dispatchEvent(new DragEvent('drop', { bubbles: true, dataTransfer: transfer }));
    })()`);

    await uploadOf(page, 'huge.zip').getByText('The file has 6.4 GB; one upload can have 5.4 GB.').waitFor();
  });
});

describe('an upload that is interrupted', () => {
  test('can be cancelled and uploaded again', async () => {
    const page = await pages.openTab(rawFilesPath);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    await page.route(`${pages.stack.s3.url}/**`, async (route) => {
      await released;
      await route.continue().catch(() => undefined); // cancelled meanwhile
    });

    await dropFiles(page, [{ name: 'cancelled.csv', content: smallFile('10443720000000084') }]);
    const upload = uploadOf(page, 'cancelled.csv');
    await upload.getByText('Sending').waitFor();
    await upload.getByRole('button', { name: 'Cancel' }).click();
    await upload.getByText('Cancelled; nothing was stored.').waitFor();
    release();
    await upload.getByRole('button', { name: 'Upload after all' }).click();

    await upload.getByText('96 intervals of 1 ESIID read, all new.').waitFor();
  });

  test('restarts by itself when the connection breaks', async () => {
    const page = await pages.openTab(rawFilesPath);
    await page.route(`${pages.stack.s3.url}/**`, (route) => route.abort('connectionreset'), { times: 1 });

    await dropFiles(page, [{ name: 'outage.csv', content: smallFile('10443720000000085') }]);
    const upload = uploadOf(page, 'outage.csv');
    await upload.getByText('The connection broke.').waitFor();

    await upload.getByText('96 intervals of 1 ESIID read, all new.').waitFor();
  });

  test('without an ESIID says where on the page to enter one', async () => {
    const page = await pages.openTab(rawFilesPath);

    await dropFiles(page, [
      {
        name: 'nameless.csv',
        content: 'USAGE_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH\n03/01/2024,00:00,00:15,.1\n',
      },
    ]);
    const upload = uploadOf(page, 'nameless.csv');

    await upload.getByText('Open "My files name no ESIID" on the page of raw files').waitFor();
  });
});

describe('a raw file’s page', () => {
  test('shows its timeline, downloads the original and loads it again', async () => {
    const page = await pages.openTab(rawFilesPath);
    const content = smallFile('10443720000000077');
    await dropFiles(page, [{ name: 'small.csv', content }]);
    await uploadOf(page, 'small.csv').getByRole('link', { name: 'Details' }).click();

    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download original' }).click();
    const download = await downloading;
    await page.getByRole('button', { name: 'Load again' }).click();
    await page
      .getByRole('dialog', { name: 'Load this file again?' })
      .getByRole('button', { name: 'Load again' })
      .click();
    await page.getByText('attempt 2: normalized').waitFor();

    expect(await readFile(await download.path(), 'utf8')).toBe(content);
    expect(download.suggestedFilename()).toBe('small.csv');
    const events = await page.locator('.timeline .event').allInnerTexts();
    expect(events.slice(0, 3)).toEqual(['Upload requested', 'Stored in S3', 'Registered']);
    expect(await page.getByRole('link', { name: 'Usage of 10443720000000077' }).getAttribute('href')).toBe(
      '/usage?esiid=10443720000000077&from=2025-06-01&to=2025-06-01',
    );
  });
});

describe('a file that was wrong', () => {
  test('is withdrawn from its page, with who and why, and can be loaded again', async () => {
    const page = await pages.openTab(rawFilesPath);
    await dropFiles(page, [{ name: 'wrong.csv', content: smallFile('10443720000000086') }]);
    await uploadOf(page, 'wrong.csv').getByRole('link', { name: 'Details' }).click();

    await page.getByRole('button', { name: 'Withdraw' }).click();
    const dialog = page.getByRole('dialog', { name: 'Withdraw this file?' });
    await dialog.getByLabel('Your name').fill('Operator');
    await dialog.getByLabel('Why').fill('A test file');
    expect(await barriersIn(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Withdraw' }).click();
    await page.locator('#file').getByText('Withdrawn: nothing of it is in the data.').waitFor();
    const { rows } = await askApi<{ rows: object[] }>(pages.stack, '/api/usage?esiid=10443720000000086');
    await page.getByRole('button', { name: 'Load again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Load again' }).click();
    await page.locator('#file').getByText('96 intervals of 1 ESIID read').waitFor();

    expect(rows).toEqual([]);
  });
});

describe('the list of raw files', () => {
  test('has the period of the data, an order, and the usage of what a duplicate is a copy of', async () => {
    const page = await pages.openTab(`${rawFilesPath}?order=name-asc`);
    const row = page.getByRole('row', { name: /^solar\.csv/ });
    await row.getByText('Oct 1, 2024 to Mar 19, 2025').waitFor();
    const names = await page.locator('.file-name').allInnerTexts();
    await page.getByLabel('Order').selectOption('Largest first');
    await expect.poll(() => page.url()).toContain('order=size-desc');
    // A copy under another key: registered as a duplicate.
    await putObject(pages.stack, 'again/solar-copy.csv', solarFile());
    await registered('solar-copy.csv');
    await page.getByLabel('Name or key').fill('solar-copy');
    await page.getByText(/^Has the same bytes as file \d+, which is loaded already\.$/).waitFor();
    await page
      .getByRole('row', { name: /^solar-copy\.csv/ })
      .getByRole('link', { name: 'Usage' })
      .click();

    await page.getByRole('heading', { name: solarEsiid }).waitFor();
    expect(names).toEqual(names.toSorted());
  });

  test('is narrowed by filters in the URL, and says when nothing matches', async () => {
    const page = await pages.openTab(`${rawFilesPath}?status=failed`);

    await page.getByRole('row', { name: /notes\.csv/ }).waitFor();
    expect(await page.getByRole('row', { name: /solar\.csv/ }).count()).toBe(0);
    await page.getByLabel('Name or key').fill('solar');
    await page.getByText('No file fits').waitFor();

    expect(page.url()).toContain('?q=solar&status=failed');
    expect(await barriersIn(page)).toEqual([]);
  });
});

describe('pages', () => {
  test('show a response that was tampered with as text, and run nothing in it', async () => {
    const page = await pages.openTab(rawFilesPath);
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
    await page.getByRole('link', { name: markup }).first().waitFor();
    await page.goto(rawFilesPath);
    await page.getByText('This could not be loaded').waitFor();

    expect(await page.getByRole('alert').filter({ hasText: markup }).count()).toBe(1);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(await page.evaluate('window.attacked')).toBeUndefined();
  });

  test('cut nothing off on a small dark screen, and need no more than a keyboard', async () => {
    const phone = { viewport: { width: 360, height: 740 }, colorScheme: 'dark' } as const;
    const page = await pages.openTab(rawFilesPath, phone);
    await page.getByRole('link', { name: 'solar.csv', exact: true }).waitFor();
    const widths: number[] = [];

    for (const address of [rawFilesPath, `${rawFilesPath}/1`, `/usage?esiid=${solarEsiid}`]) {
      await page.goto(address);
      await page.locator('table, .chart canvas').first().waitFor();
      widths.push((await page.evaluate('document.documentElement.scrollWidth')) as number);
      expect(await barriersIn(page)).toEqual([]);
    }
    const choosing = page.waitForEvent('filechooser'); // asked for early: Chromium takes a moment to hand choosers over
    await page.goto(rawFilesPath);
    await page.getByRole('link', { name: 'solar.csv', exact: true }).waitFor();
    await page.keyboard.press('Tab');
    const skip = await page.evaluate('document.activeElement.textContent');
    await page.getByRole('button', { name: 'choose files' }).focus();
    await page.keyboard.press('Enter');

    expect((await choosing).isMultiple()).toBe(true);
    expect(skip).toBe('Skip to content');
    expect(widths).toEqual([360, 360, 360]);
  });

  test('run nothing but their own files, keep assets for good, and hold no data', async () => {
    const response = await fetch(`${pages.stack.apiUrl}/usage`);
    const html = await response.text();
    const script = /<script type="module" src="(\/assets\/[\w-]+\.js)">/.exec(html)?.[1];
    const asset = await fetch(`${pages.stack.apiUrl}${script}`);

    const policy = response.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain(`connect-src 'self' ${pages.stack.s3.url};`);
    expect(policy).not.toContain('unsafe');
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-encoding')).toBe('gzip');
    expect((await fetch(`${pages.stack.apiUrl}/assets/..%2Fpages%2Fusage.html`)).status).toBe(404);
  });

  test.each([
    '/api/usage?esiid=1',
    '/api/usage/coverage',
    '/api/usage/esiids',
    '/api/admin/smt/raw-files',
    '/api/admin/smt/raw-files/1',
    '/api/admin/smt/raw-files/1/download',
  ])('return nothing of %s without the token', async (address) => {
    const response = await fetch(`${pages.stack.apiUrl}${address}`);

    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ ok: false, error: 'unauthorized' });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});
