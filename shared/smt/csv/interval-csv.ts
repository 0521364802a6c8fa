import { FileError } from '../../archive/file-error.ts';
import { esiidPattern } from '../../intervals/esiid.ts';
import type { RowCounts } from '../../intervals/row-counts.ts';
import type { Form, MemberHead } from '../form.ts';
import type { MemberReading } from '../member-reading.ts';
import { firstLine } from '../text.ts';
import { type IntervalLayout, recognizeHeader, refuseSecondEnergy } from './header.ts';
import { IntervalReader } from './interval-reader.ts';
import { lineChunks } from './line-chunks.ts';

/** Interval CSV: SMT's own dialects, and what other tools make of them. */
export const intervalCsv: Form = {
  kind: 'interval',
  recognizes: ({ text }: MemberHead) => recognizeHeader(firstLine(text))?.kind === 'interval',
  read: readIntervalCsv,
};

async function readIntervalCsv(bytes: AsyncIterable<Buffer>, reading: MemberReading): Promise<void> {
  let reader: IntervalReader | null = null;
  try {
    for await (const chunk of lineChunks(bytes)) {
      let from = 0;
      if (!reader) {
        const headerIndex = chunk.lines.findIndex((line) => line.trim() !== '');
        if (headerIndex < 0) continue;
        reader = intervalReader(chunk.lines[headerIndex] ?? '', reading);
        from = headerIndex + 1;
      }
      reader.read(chunk, from);
      await reading.flush();
    }
  } catch (error) {
    reader?.finish(); // so that the counts of a member that breaks off add up
    throw error;
  }
  reader?.finish();
  await reading.flush();
  const { counts } = reading.tally;
  if (counts.intervalsRead === 0) throw new FileError('no-usable-rows', noUsableRows(counts));
  if (reader?.refusal) throw reader.refusal;
}

function intervalReader(headerLine: string, reading: MemberReading): IntervalReader {
  const header = recognizeHeader(headerLine);
  if (header?.kind !== 'interval') throw new Error('The form was recognized by this line.');
  refuseSecondEnergy(header.cells, header.layout);
  refuseUnknownEsiid(header.layout, reading.options.esiidHint);
  return new IntervalReader(header.layout, reading);
}

function refuseUnknownEsiid(layout: IntervalLayout, esiidHint: string | null): void {
  if (layout.esiid >= 0 || (esiidHint && esiidPattern.test(esiidHint))) return;
  throw new FileError(
    'esiid-unknown',
    'The file has no ESIID column. Give its ESIID: upload it again with "esiid" in the request, or copy the object ' +
      'to a key with a segment esiid=<ESIID>/ in it.',
  );
}

function noUsableRows(counts: RowCounts): string {
  const found = Object.entries(counts)
    .filter(([name, count]) => name !== 'rowsRead' && count > 0)
    .map(([name, count]) => `${name} ${count}`);
  return `The header is known but no row holds a reading: ${counts.rowsRead} rows read${found.length ? ` (${found.join(', ')})` : ''}.`;
}
