import { byId } from '../lib/dom.ts';

/** Accepts files that are dropped or chosen. */
export function acceptFiles(accept: (files: readonly File[], esiid: string | undefined) => void): void {
  const zone = byId('drop-zone', HTMLElement);
  const input = byId('file-input', HTMLInputElement);

  function take(files: FileList | null | undefined): void {
    const esiid = esiidHint();
    if (esiid === null || !files) return;
    accept([...files], esiid);
  }

  byId('choose-files', HTMLElement).addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    take(input.files);
    input.value = ''; // so that the same file can be chosen again
  });
  // The whole page takes files, so that one that misses the zone does not replace the page.
  for (const name of ['dragenter', 'dragover'] as const) {
    addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add('over');
    });
  }
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (relatedTarget === null) zone.classList.remove('over');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    take(event.dataTransfer?.files);
  });
}

/** The hint as typed; undefined for none; null for text that is no ESIID, after saying so. */
function esiidHint(): string | undefined | null {
  const input = byId('esiid-hint', HTMLInputElement);
  const text = input.value.trim();
  const isWrong = text !== '' && !/^(\d{17}|\d{22})$/.test(text);
  input.setAttribute('aria-invalid', String(isWrong));
  byId('esiid-hint-error', HTMLElement).textContent = isWrong
    ? 'An ESIID has 17 or 22 digits. Correct it or leave it empty, then drop the files again.'
    : '';
  if (!isWrong) return text || undefined;
  input.closest('details')?.setAttribute('open', '');
  input.focus();
  return null;
}
