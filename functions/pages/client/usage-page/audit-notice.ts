import { el } from '../lib/dom.ts';
import { formatDate, plural } from '../lib/format.ts';
import { usageUrl } from './address.ts';
import { channelName } from './channels.ts';
import type { DayUsage, RangeUsage } from './range-usage.ts';

/** How many days are named; the card of SMT's reads lists all. */
const maxNamed = 3;

/** The days that SMT's own daily reads contradict, before everything else; null if there are none. */
export function auditNotice({ selection, channels }: RangeUsage): HTMLElement | null {
  const days = channels.flatMap((channel) => channel.days);
  const disputed = days
    .filter(({ audit_status: status }) => status === 'differs')
    .sort((a, b) => differenceOf(b) - differenceOf(a));
  const lacking = days.filter(({ audit_status: status }) => status === 'missing' || status === 'incomplete');
  if (disputed.length + lacking.length === 0) return null;
  return el(
    'section',
    {
      class: `notice ${disputed.length > 0 ? 'bad' : 'warn'}`,
      'aria-label': 'Days that SMT’s reads contradict',
    },
    ...group(
      `${plural(disputed.length, 'day')} contradict${s(disputed)} SMT’s daily read`,
      disputed,
      selection.esiid,
    ),
    ...group(
      `${plural(lacking.length, 'day')} lack${s(lacking)} intervals that SMT has read`,
      lacking,
      selection.esiid,
    ),
  );
}

/** The ending of the verb: one day contradicts, two days contradict. */
function s(days: readonly DayUsage[]): string {
  return days.length === 1 ? 's' : '';
}

function differenceOf({ difference_kwh: difference }: DayUsage): number {
  return Math.abs(Number(difference));
}

function group(title: string, days: readonly DayUsage[], esiid: string): HTMLElement[] {
  if (days.length === 0) return [];
  const items = days
    .slice(0, maxNamed)
    .map((day) =>
      el(
        'li',
        {},
        el('a', { href: usageUrl({ esiid, day: day.usage_date }) }, formatDate(day.usage_date)),
        ` ${channelName(day.channel).toLowerCase()}: ${sumsText(day)}`,
      ),
    );
  const more = days.length - maxNamed;
  return [
    el('strong', {}, title),
    el('ul', {}, ...items, more > 0 && el('li', {}, `and ${plural(more, 'more day')}, below`)),
  ];
}

/** `intervals 9.599 kWh, SMT read 9.6 kWh, difference −0.001 kWh`. */
export function sumsText({ kwh, daily_kwh: read, difference_kwh: difference }: DayUsage): string {
  const sums = `intervals ${kwh ?? 'none'}${kwh === null ? '' : ' kWh'}, SMT read ${read ?? 'none'} kWh`;
  return difference === null ? sums : `${sums}, difference ${difference.replace('-', '−')} kWh`;
}
