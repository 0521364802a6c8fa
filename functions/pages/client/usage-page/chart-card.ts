import { messageOf } from '../lib/api.ts';
import { el } from '../lib/dom.ts';
import { csvOf, saveFile } from '../lib/save-file.ts';
import { cellText, disclosedTable, type TableData } from '../lib/table.ts';
import { type ChartSpec, createChart } from './chart.ts';

export interface ChartCardOptions {
  readonly title: string;
  readonly note?: string;
  /** Stands between the heading and the chart. */
  readonly above?: readonly HTMLElement[];
  readonly chart: ChartSpec;
  /** The numbers behind the chart: for who reads rather than looks, and for the CSV file. */
  readonly table: { readonly title: string; readonly data: () => TableData };
  /** Name of downloads, without an ending. */
  readonly filename: string;
  /** Stands below the chart. */
  readonly below?: readonly HTMLElement[];
}

/** A chart with its heading, its numbers as a table, and both as files. */
export function chartCard(options: ChartCardOptions, signal: AbortSignal): HTMLElement {
  const { title, note, above = [], below = [], table, filename } = options;
  const chart = createChart(options.chart, signal);
  const problem = el('p', { class: 'field-error', role: 'alert' });
  const savePng = async () => saveFile(await chart.toPng(), `${filename}.png`);
  const saveCsv = async () => {
    const { heads, rows } = table.data();
    saveFile(
      csvOf(
        heads,
        rows.map((cells) => cells.map(cellText)),
      ),
      `${filename}.csv`,
    );
  };
  const attempt = (save: () => Promise<void>) => () => {
    problem.textContent = '';
    save().catch((error: unknown) => {
      problem.textContent = messageOf(error);
    });
  };
  const button = (text: string, save: () => Promise<void>) =>
    el(
      'button',
      { type: 'button', class: 'small-button', 'aria-label': `${title} as ${text}`, onclick: attempt(save) },
      text,
    );
  return card(
    title,
    note,
    ...above,
    chart.element,
    ...below,
    el(
      'div',
      { class: 'chart-foot' },
      disclosedTable(table.title, table.data),
      el('div', { class: 'actions' }, button('PNG', savePng), button('CSV', saveCsv)),
    ),
    problem,
  );
}

/** A section of the page under a heading. */
export function card(
  title: string,
  note: string | undefined,
  ...content: readonly HTMLElement[]
): HTMLElement {
  return el(
    'section',
    { class: 'card', 'aria-label': title },
    el('div', { class: 'card-head' }, el('h2', {}, title), note !== undefined && el('p', {}, note)),
    ...content,
  );
}
