import { messageOf } from '../lib/api.ts';
import { el } from '../lib/dom.ts';
import { skeleton } from '../lib/page.ts';

/** A card that is filled once its data have loaded, or shows the error. */
export function laterCards(load: () => Promise<readonly HTMLElement[]>, signal: AbortSignal): HTMLElement {
  const place = el('div', {});
  const fill = () => {
    place.replaceChildren(el('div', { class: 'card' }, skeleton(3)));
    load()
      .then((cards) => {
        if (!signal.aborted) place.replaceChildren(...cards);
      })
      .catch((error: unknown) => {
        if (!signal.aborted) place.replaceChildren(failure(error, fill));
      });
  };
  fill();
  return place;
}

function failure(error: unknown, retry: () => void): HTMLElement {
  return el(
    'div',
    { class: 'card notice bad', role: 'alert' },
    messageOf(error),
    el('div', { class: 'actions' }, el('button', { type: 'button', onclick: retry }, 'Try again')),
  );
}
