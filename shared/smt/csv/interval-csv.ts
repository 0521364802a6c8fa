import type { Form, MemberHead } from '../form.ts';
import type { MemberReading } from '../member-reading.ts';
import { dateCells, flagWords, reduced } from './cells.ts';
import { isSmtHeader } from './column-names.ts';
import { type ReadingRules, startLabels } from './reading-rules.ts';
import { RowReader } from './row-reader.ts';
import { surveyMember } from './survey/survey-member.ts';
import { findTable, mayHoldIntervals, type Table } from './table.ts';
import { smtDateOrders } from './time/written-date.ts';

/** Interval CSV: SMT's own dialects, and those that other tools write. */
export const intervalCsv: Form = {
  kind: 'interval',
  recognizes: ({ text, isWhole }: MemberHead) => {
    const table = findTable(text, isWhole);
    return table !== null && mayHoldIntervals(table);
  },
  read: readIntervalCsv,
};

/** SMT's header determines how its rows are read; for any other header, all rows are surveyed first. */
async function readIntervalCsv(
  bytes: AsyncIterable<Buffer>,
  reading: MemberReading,
  head: MemberHead,
): Promise<void> {
  const table = findTable(head.text, head.isWhole);
  if (!table) throw new Error('The form was recognized by this table.');
  const rules = isSmtHeader(table.names)
    ? smtRules(table)
    : await surveyMember(bytes, table, reading.options);
  await new RowReader(table, rules, reading).read(bytes);
}

function smtRules({ names, delimiter }: Table): ReadingRules {
  const index = (name: string): number => names.findIndex((found) => reduced(found) === name);
  return {
    layout: {
      delimiter,
      columnCount: names.findLastIndex((name) => name.trim() !== '') + 1,
      names,
      esiid: index('esiid'),
      meter: -1,
      date: index('usagedate'),
      revision: index('revisiondate'),
      start: index('usagestarttime'),
      end: index('usageendtime'),
      kwh: index('usagekwh'),
      flag: index('estimatedactual'),
      channel: names.findIndex((name) => reduced(name).startsWith('consumption')),
    },
    esiid: null,
    dates: dateCells(smtDateOrders),
    flagOf: flagWords('Estimated/Actual'),
    endsAreInclusive: false,
    rejectedDays: new Map(),
    meterRules: () => startLabels,
  };
}
