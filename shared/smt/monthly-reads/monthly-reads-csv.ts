import type { MonthlyRead } from '../../reads/monthly-read.ts';
import { readsCsv } from '../reads/reads-csv.ts';
import { type MonthlyReadText, parseMonthlyRead } from './parse-monthly-read.ts';

/** SMT's report of billed periods (smt-format, "Daily and monthly reads"). */
export const monthlyReadsCsv = readsCsv<keyof MonthlyReadText, MonthlyRead>({
  kind: 'monthly',
  names: {
    esiid: ['esiid', 'esiidnumber'],
    channel: ['consumptionsurplusgeneration', 'consumptiongeneration', 'channel'],
    startDate: ['startdate'],
    endDate: ['enddate'],
    revision: ['revts', 'revisiondate', 'revision', 'revisiondatetime'],
    kwh: ['actualkwh', 'kwh', 'usagekwh'],
    meteredKw: ['meteredkw'],
    meteredKva: ['meteredkva'],
    billedKw: ['billedkw'],
    billedKva: ['billedkva'],
  },
  required: ['esiid', 'startDate', 'endDate', 'kwh'],
  dates: ['startDate', 'endDate'],
  revision: 'revision',
  keyOf: ({ esiid, channel, startDate, endDate, revisedAt }) =>
    `${esiid} ${channel} ${startDate} ${endDate} ${revisedAt}`,
  dateOf: ({ endDate }) => endDate,
  parse: parseMonthlyRead,
});
