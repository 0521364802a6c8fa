import { reduced } from './cells.ts';

/** What a column of an interval file may hold, by its name; its cells decide whether it does. */
export type Role =
  | 'esiid'
  | 'meter'
  | 'date'
  | 'revision'
  | 'start'
  | 'end'
  /** A time that may be the start or the end of its interval. */
  | 'time'
  | 'kwh'
  /** Energy whose unit is in another column. */
  | 'energy'
  | 'unit'
  | 'flag'
  | 'channel'
  /** A time, but of an export or a bill, not of the interval. */
  | 'aside';

/** Names by role, reduced to letters and digits (smt-format, "Header variants met in the field"). */
const namesOfRole: Readonly<Partial<Record<Role, readonly string[]>>> = {
  esiid: ['esiid', 'esiidnumber', 'esi'],
  meter: ['meter', 'meternumber', 'meterid', 'meterserialnumber', 'meterno'],
  date: ['usagedate', 'readdate', 'date', 'intervaldate', 'servicedate', 'readingdate', 'day'],
  revision: ['revisiondate', 'revision', 'revisiondatetime', 'revts', 'revdate', 'revisiontimestamp'],
  start: ['from', 'usagestarttime', 'starttime', 'startdatetime', 'start', 'usagestart', 'intervalstart'],
  end: ['to', 'usageendtime', 'endtime', 'enddatetime', 'end', 'usageend', 'intervalend', 'hourending'],
  time: ['time', 'timestamp', 'datetime'],
  unit: ['unit', 'units', 'uom', 'unitofmeasure'],
  flag: [
    'estimatedactual',
    'actualestimated',
    'estimated',
    'flag',
    'isestimated',
    'estimate',
    'actual',
    'ae',
    'ea',
  ],
  channel: ['consumptionsurplusgeneration', 'channel', 'consumptiongeneration', 'direction', 'flowdirection'],
};

const roleOfAlias = new Map<string, Role>(
  Object.entries(namesOfRole).flatMap(([role, names]) => names.map((name) => [name, role as Role] as const)),
);

const startWords = new Set(['start', 'starts', 'begin', 'begins', 'beginning', 'starting']);
const endWords = new Set(['end', 'ends', 'ending', 'stop', 'until', 'through', 'thru']);
/** Words that mark a time as start or end, and the direction of energy. */
const startOrDirection = new Set(['from']);
const endOrDirection = new Set(['to']);
const timeWords = new Set(['time', 'timestamp', 'datetime', 'hour', 'interval', 'period', 'ts', 'hh']);
const dateWords = new Set(['date', 'day']);
const asideWord =
  /^(?:export|download|creat|generated|report|print|receiv|updat|upload|load|insert|process|sent|bill|due|modif|invoice|week|month|year|hol)/;
const registerWord = /^(?:read|reading|register|index)$/;
const moneyWord = /^(?:price|cost|rate|charge|amount|tariff|usd|cents?|dollars?)$/;

/** Words of a name: `Interval End Time`, `IntervalEndTime` and `INTERVAL_END_TIME` have the same. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** What a column of this name may be; null if the name is unknown. */
export function roleOfName(name: string): Role | null {
  const alias = roleOfAlias.get(reduced(name));
  if (alias) return alias;
  const words = wordsOf(name);
  const has = (set: ReadonlySet<string>): boolean => words.some((word) => set.has(word));
  if (/esiid/.test(reduced(name))) return 'esiid';
  if (words.some((word) => /^revis/.test(word))) return 'revision';
  if (words.some((word) => moneyWord.test(word))) return null;
  const isTime = has(timeWords) || has(dateWords) || /(?:date|time)$/.test(reduced(name));
  if (isTime && words.some((word) => asideWord.test(word))) return 'aside';
  if (/kwh|kilowatthour/.test(reduced(name))) return 'kwh';
  if (!isTime && words.some((word) => registerWord.test(word))) return null;
  if (isTime || has(startWords) || has(endWords)) {
    if (has(startWords) || (isTime && has(startOrDirection))) return 'start';
    if (has(endWords) || (isTime && has(endOrDirection))) return 'end';
    return has(timeWords) || !has(dateWords) ? 'time' : 'date';
  }
  return /^(?:usage|consumption|energy|energyusage|energyconsumption|usagevalue|value|reading)$/.test(
    reduced(name),
  )
    ? 'energy'
    : null;
}

/** Whether a name implies that its column holds times, and not just dates (`End Date`). */
export function namesTime(name: string): boolean {
  const role = roleOfName(name);
  const words = wordsOf(name);
  const namesDateAlone =
    words.some((word) => dateWords.has(word)) && !words.some((word) => timeWords.has(word));
  return role === 'time' || ((role === 'start' || role === 'end') && !namesDateAlone);
}

/** How likely a date column of this name holds the usage date; SMT's own name ranks highest. */
export function usageDateStrength(name: string): number {
  return reduced(name) === 'usagedate' ? 2 : 1;
}

const smtNames = [
  'esiid',
  'usagedate',
  'revisiondate',
  'usagestarttime',
  'usageendtime',
  'usagekwh',
  'estimatedactual',
];
const smtChannelNames = new Set(['consumptionsurplusgeneration', 'consumptiongeneration']);

/** Whether these are the eight columns of SMT's interval report, in any order, and no others. */
export function isSmtHeader(names: readonly string[]): boolean {
  const found = names.map(reduced).filter((name) => name !== '');
  const isChannel = (name: string): boolean => smtChannelNames.has(name);
  return (
    found.length === 8 &&
    found.filter(isChannel).length === 1 &&
    smtNames.every((name) => found.includes(name))
  );
}

const intervalName = /^(?:(?:kwh|usage|interval|int|hour|he|hr|h|v|value|slot|period|p|q)?[ _-]*)\d{1,3}$/i;
const timeName = /^(?:(?:kwh|usage|interval|int)[ _-]*)?\d{1,2}:?\d{2}(?::\d{2})?(?:\s*[ap]m)?(?:\s*-.*)?$/i;
/** A row a day has 24 columns of hours or 96 of quarter hours; an excerpt has a few. */
const minIntervalColumns = 3;

/** Whether a header has a column for each interval of a day. */
export function isWideHeader(names: readonly string[]): boolean {
  const trimmed = names.map((name) => name.trim());
  const isOneOf = (pattern: RegExp): boolean =>
    new Set(trimmed.filter((name) => pattern.test(name))).size >= minIntervalColumns;
  return isOneOf(timeName) || isOneOf(intervalName);
}
