import type { DailyRead } from '../../reads/daily-read.ts';
import { readsCsv } from '../reads/reads-csv.ts';
import { type DailyReadText, parseDailyRead } from './parse-daily-read.ts';

/** SMT's report of daily register reads (smt-format, "Daily and monthly reads"). */
export const dailyReadsCsv = readsCsv<keyof DailyReadText, DailyRead>({
  kind: 'daily',
  names: {
    esiid: ['esiid', 'esiidnumber'],
    channel: ['consumptionsurplusgeneration', 'consumptiongeneration', 'channel'],
    usageDate: ['usagedate', 'readdate', 'date'],
    revision: ['revisiondate', 'revision', 'revisiondatetime', 'revts'],
    startReading: ['startreading', 'startread', 'startmeterread'],
    endReading: ['endreading', 'endread', 'endmeterread'],
    kwh: ['usagekwh', 'kwh', 'energydatakwh', 'actualkwh'],
  },
  required: ['esiid', 'usageDate', 'startReading', 'endReading', 'kwh'],
  dates: ['usageDate'],
  revision: 'revision',
  keyOf: ({ esiid, channel, usageDate, revisedAt }) => `${esiid} ${channel} ${usageDate} ${revisedAt}`,
  dateOf: ({ usageDate }) => usageDate,
  parse: parseDailyRead,
});
