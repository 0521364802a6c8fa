import { el } from '../lib/dom.ts';
import { emptyState } from '../lib/page.ts';

/** Fired at the window to upload the sample. */
export const loadSampleEvent = 'load-sample';

/** Introduction shown while no file is stored. */
export function firstVisit(): HTMLElement {
  const steps = el(
    'ol',
    { class: 'steps' },
    el(
      'li',
      {},
      'A file of intervals from Smart Meter Texas comes in: dropped above, sent by the droplet, or put into the bucket.',
    ),
    el('li', {}, 'Every row is read and counted; what is wrong is rejected and shown with its line.'),
    el(
      'li',
      {},
      'Each 15-minute interval is stored exactly once, the newest revision is what counts, and you see it under Usage.',
    ),
  );
  const load = el(
    'button',
    { type: 'button', onclick: () => dispatchEvent(new Event(loadSampleEvent)) },
    'Load a sample',
  );
  return emptyState(
    'No files yet',
    'Whatever arrives is listed here, loaded or not. This is what happens to it:',
    steps,
    load,
    el(
      'p',
      { class: 'small' },
      'The sample is the year 2025 of a made-up home. Its file can be withdrawn again.',
    ),
  );
}
