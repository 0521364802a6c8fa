import { callApi, messageOf, requestApi } from './lib/api.ts';
import { confirmAction } from './lib/confirm.ts';
import { announce, byId, el } from './lib/dom.ts';
import { emptyState, failureNotice, skeleton, startPage } from './lib/page.ts';
import { isPending, outcomeOf, type RawFileDetail, replayRawFile, statusBadge } from './lib/raw-files.ts';
import { auditCard } from './raw-file-page/audit-card.ts';
import {
  changesCard,
  copiesCard,
  detailsCard,
  membersCard,
  originalCard,
  rejectedCard,
} from './raw-file-page/cards.ts';
import { rejectedRowsOf, tallyCard } from './raw-file-page/tally.ts';
import { timelineCard } from './raw-file-page/timeline.ts';
import { withdrawRawFile } from './raw-file-page/withdraw.ts';

/** /admin/smt/raw/{id}: everything known of one file. */
const id = decodeURIComponent(location.pathname.slice(location.pathname.lastIndexOf('/') + 1));
const apiPath = `/api/admin/smt/raw-files/${encodeURIComponent(id)}`;
const refreshMs = 1_500;
let lastStatus: string | undefined;

async function load(): Promise<void> {
  const place = byId('file', HTMLElement);
  try {
    const detail = await callApi<RawFileDetail>(apiPath);
    const { file } = detail;
    document.title = `${file.filename} · SMT ingest`;
    place.replaceChildren(...render(detail));
    if (lastStatus !== undefined && lastStatus !== file.status) announce(outcomeOf(summaryOf(detail)));
    lastStatus = file.status;
    if (isPending(file.status)) setTimeout(() => void load(), refreshMs);
  } catch (error) {
    const isUnknown =
      error instanceof Error && 'status' in error && (error.status === 404 || error.status === 400);
    place.replaceChildren(
      isUnknown
        ? emptyState(
            'There is no such file',
            messageOf(error),
            el('a', { class: 'button', href: '/admin/smt/raw' }, 'All files'),
          )
        : failureNotice(error, () => void load()),
    );
  }
}

function summaryOf({ file }: RawFileDetail) {
  return { ...file, rejected_rows: rejectedRowsOf(file) };
}

function render(detail: RawFileDetail): HTMLElement[] {
  const { file } = detail;
  const main = [
    originalCard(file),
    tallyCard(file),
    auditCard(detail),
    rejectedCard(detail),
    changesCard(detail),
    membersCard(file),
    copiesCard(detail),
  ];
  return [
    head(detail),
    el(
      'div',
      { class: 'columns' },
      el('div', {}, ...main.filter((card) => card !== null)),
      el('div', {}, timelineCard(detail), detailsCard(file)),
    ),
  ];
}

function head(detail: RawFileDetail): HTMLElement {
  const { file } = detail;
  const tone = toneOf(file);
  const problem = el('p', { class: 'field-error', role: 'alert' });
  const attempt = (button: HTMLButtonElement, action: () => Promise<void>) => {
    button.disabled = true;
    problem.textContent = '';
    action()
      .catch((error: unknown) => {
        problem.textContent = messageOf(error);
      })
      .finally(() => {
        button.disabled = false;
      });
  };
  const replay = el('button', { type: 'button', disabled: file.status === 'normalizing' }, 'Load again');
  replay.addEventListener('click', () => attempt(replay, replayNow));
  const withdraw = el('button', { type: 'button', disabled: file.status === 'withdrawn' }, 'Withdraw');
  withdraw.addEventListener('click', () => attempt(withdraw, withdrawNow));
  const download = el('button', { type: 'button' }, 'Download original');
  download.addEventListener('click', () => attempt(download, downloadOriginal));
  return el(
    'div',
    { class: 'file-head' },
    el(
      'div',
      {},
      statusBadge(file.status),
      el('h1', {}, file.filename || '(no name)'),
      el(
        'div',
        { class: `notice ${tone}` },
        file.error_code && el('strong', {}, file.error_code),
        outcomeOf(summaryOf(detail)),
      ),
    ),
    el('div', {}, el('div', { class: 'actions' }, replay, withdraw, download), problem),
  );
}

function toneOf(file: RawFileDetail['file']): string {
  if (file.status === 'failed') return 'bad';
  if (file.status !== 'normalized') return '';
  return rejectedRowsOf(file) > 0 ? 'warn' : 'good';
}

async function replayNow(): Promise<void> {
  const isConfirmed = await confirmAction({
    title: 'Load this file again?',
    text: 'It is read once more from the bucket. What is stored already stays; nothing is stored twice.',
    action: 'Load again',
  });
  if (!isConfirmed) return;
  await replayRawFile(id);
  announce('The file is queued again.');
  await load();
}

async function withdrawNow(): Promise<void> {
  const outcome = await withdrawRawFile(id);
  if (outcome === null) return;
  announce(outcome);
  await load();
}

async function downloadOriginal(): Promise<void> {
  const { url } = (await (await requestApi(`${apiPath}/download`)).json()) as { url: string };
  el('a', { href: url, rel: 'noreferrer' }).click();
}

void startPage(() => {
  byId('file', HTMLElement).replaceChildren(skeleton(6));
  void load();
});
