import { intervalCsv } from './csv/interval-csv.ts';
import { dailyReadsCsv } from './daily-reads/daily-reads-csv.ts';
import type { Form } from './form.ts';
import { greenButton } from './green-button/green-button.ts';
import { jsonForms } from './json/json-forms.ts';
import { monthlyReadsCsv } from './monthly-reads/monthly-reads-csv.ts';
import { otherFormats } from './other-formats.ts';
import { otherReport } from './other-reports/other-report.ts';

/** Every form that is read, or known to hold no readings; the first that recognizes a member reads it. */
export const forms: readonly Form[] = [
  intervalCsv,
  ...jsonForms,
  ...otherFormats,
  greenButton,
  monthlyReadsCsv,
  dailyReadsCsv,
  otherReport,
];
