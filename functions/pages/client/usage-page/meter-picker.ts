import { messageOf } from '../lib/api.ts';
import { byId } from '../lib/dom.ts';
import { fetchMeters } from './api.ts';
import { createMeterList } from './meter-list.ts';
import { metersNamed } from './meter-names.ts';
import type { Meter } from './types.ts';

/** How long typing must rest before the API is asked. */
const restMs = 150;

export interface MeterPicker {
  /** Shows a meter as the chosen one. */
  show(esiid: string): void;
  /** Value of the field: an ESIID, or text that the user typed. */
  value(): string;
  /** The meter of this ESIID. @returns undefined when nothing is stored of it */
  find(esiid: string): Promise<Meter | undefined>;
}

/**
 * The field that meters are chosen with: a combobox whose list has the meters whose ESIID contains what is typed, or whose
 * name does, a page at a time.
 */
export function startMeterPicker(onChoose: (esiid: string) => void): MeterPicker {
  const input = byId('esiid', HTMLInputElement);
  const known = new Map<string, Meter>();
  let resting: ReturnType<typeof setTimeout> | undefined;
  let asked = new AbortController();
  const list = createMeterList(input, {
    onChoose(esiid) {
      input.value = esiid;
      onChoose(esiid);
    },
    onMore: (cursor) => void search(input.value.trim(), cursor),
  });

  async function search(text: string, cursor?: string): Promise<void> {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const named = cursor === undefined && text !== '' ? metersNamed(text) : [];
    try {
      const page = /^\d{0,22}$/.test(text) ? await fetchMeters(text, cursor, signal) : null;
      for (const meter of page?.esiids ?? []) known.set(meter.esiid, meter);
      const found = new Set([...named, ...(page?.esiids ?? []).map(({ esiid }) => esiid)]);
      const entries = [...found].map((esiid) => ({ esiid, meter: known.get(esiid) ?? null }));
      list.show(entries, { nextCursor: page?.next_cursor ?? null, append: cursor !== undefined });
    } catch (error) {
      if (!signal.aborted) list.showNote(messageOf(error));
    }
  }

  input.addEventListener('focus', () => {
    input.select();
    void search('').then(() => list.open(document.activeElement === input));
  });
  input.addEventListener('input', () => {
    clearTimeout(resting);
    resting = setTimeout(() => void search(input.value.trim()).then(() => list.open(true)), restMs);
  });
  input.addEventListener('blur', () => list.open(false));

  return {
    show: (esiid) => {
      input.value = esiid;
    },
    value: () => input.value.trim(),
    async find(esiid) {
      const meter = known.get(esiid) ?? (await fetchMeters(esiid)).esiids.find((one) => one.esiid === esiid);
      if (meter) known.set(esiid, meter);
      return meter;
    },
  };
}
