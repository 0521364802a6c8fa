import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fileErrorCodes } from '../../shared/archive/file-error.ts';
import { rejectReasons } from '../../shared/intervals/row-counts.ts';
import { failureAdvice, otherFailureCodes } from '../../shared/status/failure-advice.ts';

const runbook = readFileSync('infra/RUNBOOK.md', 'utf8');
const section = /## Error codes\n[\s\S]*?\n## /.exec(runbook)?.[0] ?? '';

/** The rows of a table of that section: the codes in its first column, and its other cells without markup. */
function rowsUnder(heading: string) {
  const part = section.split(/^### /m).find((text) => text.startsWith(heading)) ?? '';
  return [...part.matchAll(/^\| (`[^|]+) \|(.+)\|$/gm)].map(([, first = '', rest = '']) => ({
    codes: [...first.matchAll(/`([a-z0-9-]+)`/g)].map(([, code]) => code ?? ''),
    cells: rest.split('|').map((cell) => cell.replaceAll(/[`_]/g, '').trim()),
  }));
}

test('The runbook says of every failed file what the API says', () => {
  expect(rowsUnder('Of files')).toEqual(
    failureAdvice.map(({ codes, meaning, resolve }) => ({ codes, cells: [meaning, resolve] })),
  );
});

test('Every error code of files is explained once, and no other', () => {
  expect(failureAdvice.flatMap(({ codes }) => codes).sort()).toEqual(
    [...fileErrorCodes, ...otherFailureCodes].sort(),
  );
});

test('The runbook explains every reason to reject a row', () => {
  expect(
    rowsUnder('Of rows')
      .flatMap(({ codes }) => codes)
      .sort(),
  ).toEqual([...rejectReasons].sort());
});
