import { ApiError, callApi } from './lib/api.ts';
import { announce, byId, el } from './lib/dom.ts';
import { failureNotice, skeleton, startPage } from './lib/page.ts';
import { ageCard, failedCard, latestCard, sourcesCard, syncsCard, todayCard } from './overview-page/cards.ts';
import { fileOutcome } from './overview-page/file-outcome.ts';
import { findingNotices } from './overview-page/findings.ts';
import type { SystemStatus } from './overview-page/status.ts';

/** /admin/smt: whether deliveries arrive and are loaded, what to do if not, and whether one file loaded. */
const findings = () => byId('findings', HTMLElement);

async function load(): Promise<void> {
  const place = byId('overview', HTMLElement);
  const file = new URLSearchParams(location.search).get('file') ?? undefined;
  try {
    const status = await callApi<SystemStatus>('/api/admin/smt/status', { query: { file } });
    findings().replaceChildren(...findingNotices(status.findings));
    byId('file-outcome', HTMLElement).replaceChildren(...(status.file ? fileOutcome(status.file) : []));
    place.replaceChildren(
      el(
        'div',
        { class: 'columns' },
        el('div', {}, ageCard(status)),
        el('div', {}, todayCard(status), sourcesCard(status)),
      ),
      ...[syncsCard(status), failedCard(status)].filter((card) => card !== null),
      latestCard(status),
    );
    announce(status.file?.outcome ?? outcome(status.findings.length));
  } catch (error) {
    place.replaceChildren();
    findings().replaceChildren(failure(error));
  }
}

function outcome(count: number): string {
  return count === 0 ? 'Nothing is wrong.' : `${count} findings`;
}

/** Without the database there is no status, which is a finding itself. */
function failure(error: unknown): HTMLElement {
  if (!(error instanceof ApiError && error.status === 503)) {
    return failureNotice(error, () => void load());
  }
  const [notice] = findingNotices([
    {
      code: 'function-errors',
      severity: 'error',
      message:
        'The database accepts no connections: nothing is loaded, and files wait in the bucket and the queue.',
      resolve: 'See whether the database is up, and whether its secret still holds the right URLs.',
    },
  ]);
  return notice ?? failureNotice(error, () => void load());
}

function reload(): void {
  findings().replaceChildren(skeleton(1));
  void load();
}

let isStarted = false;
void startPage(() => {
  if (isStarted) return location.reload();
  isStarted = true;
  const form = byId('file-form', HTMLFormElement);
  const name = byId('file-name', HTMLInputElement);
  name.value = new URLSearchParams(location.search).get('file') ?? '';
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    history.replaceState(null, '', `?${new URLSearchParams({ file: name.value.trim() })}`);
    byId('file-outcome', HTMLElement).replaceChildren(skeleton(1));
    void load();
  });
  byId('refresh', HTMLButtonElement).addEventListener('click', reload);
  reload();
});
