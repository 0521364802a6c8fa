import { el } from '../lib/dom.ts';
import { formatInstant } from '../lib/format.ts';
import { fileTable } from '../raw-files-page/file-table.ts';
import type { SystemStatus } from './status.ts';

/** Whether a file loaded, the files of that name, and the uploads that were granted for it. */
export function fileOutcome({
  outcome,
  is_loaded: isLoaded,
  files,
  upload_requests: requests,
}: NonNullable<SystemStatus['file']>): HTMLElement[] {
  const [last] = files;
  const advice = last?.resolve;
  return [
    el(
      'div',
      { class: `notice ${isLoaded ? 'good' : 'bad'}` },
      el('strong', {}, outcome),
      advice && el('p', {}, `What to do: ${advice}.`),
    ),
    ...(files.length > 0 ? [fileTable(files)] : []),
    ...requests.map(({ requested_at: at, source, filename }) =>
      el('p', { class: 'muted small' }, `Upload of ${filename} granted to ${source}, ${formatInstant(at)}`),
    ),
  ];
}
