import { announce, el } from './dom.ts';

/** How long the browser may take to begin the download before its URL is revoked. */
const revokeAfterMs = 60_000;

/** Downloads a blob under a name. */
export function saveFile(blob: Blob, filename: string): void {
  const url = URL.createObjectURL(blob);
  el('a', { href: url, download: filename }).click();
  setTimeout(() => URL.revokeObjectURL(url), revokeAfterMs);
  announce(`${filename} is ready.`);
}

/** Rows as CSV, quoted where a value needs it. */
export function csvOf(heads: readonly string[], rows: readonly (readonly string[])[]): Blob {
  const lines = [heads, ...rows].map((cells) => cells.map(quoted).join(','));
  return new Blob([`${lines.join('\n')}\n`], { type: 'text/csv' });
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
