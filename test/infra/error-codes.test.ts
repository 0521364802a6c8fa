import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fileErrorCodes } from '../../shared/archive/file-error.ts';
import { rejectReasons } from '../../shared/intervals/row-counts.ts';

const runbook = readFileSync('infra/RUNBOOK.md', 'utf8');
const section = /## Error codes\n[\s\S]*?\n## /.exec(runbook)?.[0] ?? '';

/** The codes in the first column of a table of that section. */
function codesUnder(heading: string): string[] {
  const part = section.split(/^### /m).find((text) => text.startsWith(heading)) ?? '';
  const cells = [...part.matchAll(/^\| (`[^|]+) \|/gm)].map(([, cell]) => cell ?? '');
  return cells.flatMap((cell) => [...cell.matchAll(/`([a-z0-9-]+)`/g)].map(([, code]) => code ?? ''));
}

/** Codes of files that the reader does not give: the object, the database or the workers were the reason. */
const notOfTheReader = [
  ...['object-deleted', 'database-rejected', 'esiid-erased', 'timed-out', 'worker-lost'],
  ...['unexpected-error', 'retries-exhausted', 'unusable-key'],
];

test('The runbook explains every error code of files once, and no other', () => {
  expect(codesUnder('Of files').sort()).toEqual([...fileErrorCodes, ...notOfTheReader].sort());
});

test('The runbook explains every reason to reject a row', () => {
  expect(codesUnder('Of rows').sort()).toEqual([...rejectReasons].sort());
});
