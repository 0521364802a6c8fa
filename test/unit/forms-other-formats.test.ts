import { expect, test } from 'vitest';
import { nonZero, readBytes } from '../support/smt-read.ts';
import { zip } from '../support/smt-zip.ts';

const isa =
  'ISA*00*          *00*          *01*1039940674000  *01*957877905      *260115*0740*U*00401*000000905*0*P*>~GS*PT~';

test.each<[string, string, string]>([
  ['an HTML page', '<!DOCTYPE html>\n<html><body>Session expired</body></html>', 'html-page'],
  ['an HTML page without a type', '\n<HTML><head><title>502 Bad Gateway</title>', 'html-page'],
  [
    'an XHTML page',
    '<?xml version="1.0"?><!-- x --><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x">',
    'html-page',
  ],
  [
    'a LodeStar file',
    '00000001,10443720000000001,4,20260115000000,20260115235959,Y,N\n00000002,,,\n',
    'lodestar-file',
  ],
  ['an EDI interchange', isa, 'edi-file'],
  ['an EDI interchange with other separators', isa.replaceAll('*', '|'), 'edi-file'],
])('%s fails as what it is, by itself and in an archive', async (_, text, errorCode) => {
  const alone = await readBytes(text);
  const inZip = await readBytes(zip({ 'Interval.csv': text }));

  expect(alone.report).toMatchObject({ status: 'failed', errorCode });
  expect(inZip.report).toMatchObject({ status: 'failed', errorCode });
  expect(nonZero(alone.report.counts)).toEqual({});
});

test('Comments that could be split in millions of ways are read once', async () => {
  const { report } = await readBytes(`<!--D${'--><!--DT'.repeat(2_000)}a`);

  expect(report.status).toBe('failed');
});
