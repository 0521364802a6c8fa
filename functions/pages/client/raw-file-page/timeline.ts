import { el } from '../lib/dom.ts';
import { formatInstant } from '../lib/format.ts';
import type { RawFileDetail } from '../lib/raw-files.ts';

type Event = RawFileDetail['timeline'][number];

const names: Readonly<Record<Event['event'], string>> = {
  'upload-requested': 'Upload requested',
  received: 'Stored in S3',
  registered: 'Registered',
  queued: 'Queued',
  replayed: 'Queued again',
  'attempt-started': 'Loading started',
  'attempt-ended': 'Loading ended',
  announced: 'Announced',
};

/** What happened to a file, from the request to upload it to the announcement that it is loaded. */
export function timelineCard({ timeline }: RawFileDetail): HTMLElement {
  return el(
    'section',
    { class: 'card', 'aria-labelledby': 'timeline-title' },
    el('div', { class: 'card-head' }, el('h2', { id: 'timeline-title' }, 'Timeline')),
    el('ol', { class: 'timeline' }, ...timeline.map(item)),
  );
}

function item({ at, event, detail }: Event): HTMLElement {
  const isFailure = event === 'attempt-ended' && !/: (normalized|ignored)/.test(detail ?? '');
  const tone = isFailure ? 'bad' : event === 'attempt-ended' || event === 'announced' ? 'done' : '';
  return el(
    'li',
    { class: tone },
    el('div', { class: 'event' }, names[event]),
    detail && el('div', { class: 'event-detail' }, detail),
    el('time', { datetime: at }, formatInstant(at)),
  );
}
