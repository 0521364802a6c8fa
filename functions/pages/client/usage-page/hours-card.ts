import { el } from '../lib/dom.ts';
import { formatMonth } from '../lib/format.ts';
import type { TableData } from '../lib/table.ts';
import { channelColour, channelName } from './channels.ts';
import type { ChartSpec } from './chart.ts';
import { chartCard } from './chart-card.ts';
import { axisStyle, monthAxis, tooltip } from './chart-parts.ts';
import { energyOf, type HourWindow, hoursText, isWithin, parseHours } from './profile.ts';
import { hourName } from './profile-chart.ts';
import type { Channel, ProfileHour, Selection } from './types.ts';
import { kwhDecimal, kwhNumber, kwhText, percentText } from './units.ts';

/** The hours of a plan with an afternoon peak. */
const usualHours: HourWindow = { first: 13, end: 19, days: 'weekdays' };

export interface HoursCardOptions {
  readonly selection: Selection;
  readonly rows: readonly ProfileHour[];
  /** As the URL has it. */
  readonly hours: string | null;
  readonly onChange: (hours: string) => void;
}

/** Energy within some hours and outside them, by month, as a time-of-use plan bills it. */
export function hoursCard(options: HoursCardOptions, signal: AbortSignal): HTMLElement {
  const { selection, rows, hours, onChange } = options;
  const place = el('div', {});
  let shown = new AbortController();
  signal.addEventListener('abort', () => shown.abort());

  function show(window: HourWindow): void {
    shown.abort();
    shown = new AbortController();
    const months = splitByMonth(rows, window);
    const name = windowName(window);
    place.replaceChildren(
      chartCard(
        {
          title: 'Split by hours',
          note: 'For plans whose price depends on the time of day',
          above: [hoursForm(window, set), splitSentence(rows, window, name)],
          chart: splitChart(months, name),
          table: { title: 'Split by month as a table', data: () => splitTable(months, name) },
          filename: `hours-${selection.esiid}-${selection.from}-${selection.to}-${hoursText(window)}`,
        },
        shown.signal,
      ),
    );
  }

  /** Restores the focus, since the form is rebuilt. */
  function set(window: HourWindow, focusId: string): void {
    onChange(hoursText(window));
    show(window);
    document.getElementById(focusId)?.focus();
  }

  show(parseHours(hours) ?? usualHours);
  return place;
}

function hoursForm(window: HourWindow, onSet: (window: HourWindow, focusId: string) => void): HTMLElement {
  const options = (from: number, to: number, chosen: number) =>
    Array.from({ length: to - from + 1 }, (_, index) =>
      el('option', { value: from + index, selected: from + index === chosen }, hourName(from + index)),
    );
  const first = el('select', { id: 'hours-first' }, ...options(0, 23, window.first));
  const end = el('select', { id: 'hours-end' }, ...options(1, 24, window.end));
  const dayNames = { all: 'every day', weekdays: 'Monday to Friday', weekends: 'Saturday and Sunday' };
  const days = el(
    'select',
    { id: 'hours-days' },
    ...Object.entries(dayNames).map(([value, name]) =>
      el('option', { value, selected: value === window.days }, name),
    ),
  );
  const problem = el('p', { class: 'field-error', role: 'alert' });
  const form = el(
    'form',
    { class: 'hours-form', 'aria-label': 'Hours' },
    el('div', {}, el('label', { for: 'hours-first' }, 'From'), first),
    el('div', {}, el('label', { for: 'hours-end' }, 'To'), end),
    el('div', {}, el('label', { for: 'hours-days' }, 'On'), days),
    problem,
  );
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('change', ({ target }) => {
    const set = parseHours(`${first.value}-${end.value}${days.value === 'all' ? '' : `-${days.value}`}`);
    if (set) onSet(set, (target as HTMLElement).id);
    else problem.textContent = 'The hours begin and end at the same time.';
  });
  return form;
}

function windowName({ first, end, days }: HourWindow): string {
  return `${hourName(first)} to ${hourName(end)}${days === 'all' ? '' : ` on ${days}`}`;
}

/** Energy of one month and channel, within the hours and outside. */
interface Split {
  readonly month: string;
  readonly channel: Channel;
  readonly within: bigint;
  readonly outside: bigint;
}

function splitByMonth(rows: readonly ProfileHour[], window: HourWindow): Split[] {
  const groups = Map.groupBy(rows, ({ month, channel }) => `${channel} ${month}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first ? [{ month: first.month, channel: first.channel, ...splitOf(group, window) }] : [];
  });
}

function splitOf(rows: readonly ProfileHour[], window: HourWindow) {
  return {
    within: energyOf(rows.filter((row) => isWithin(window, row))).units,
    outside: energyOf(rows.filter((row) => !isWithin(window, row))).units,
  };
}

function splitSentence(rows: readonly ProfileHour[], window: HourWindow, name: string): HTMLElement {
  const channels = [...new Set(rows.map(({ channel }) => channel))].sort();
  const lines = channels.map((channel) => {
    const { within, outside } = splitOf(
      rows.filter((row) => row.channel === channel),
      window,
    );
    const part = percentText(Number(within), Number(within + outside));
    return el(
      'p',
      {},
      `${channelName(channel)}: `,
      el('strong', {}, `${kwhText(within)} kWh`),
      ` (${part}) from ${name}, ${kwhText(outside)} kWh at other times.`,
    );
  });
  return el('div', { class: 'split' }, ...lines);
}

function splitChart(splits: readonly Split[], name: string): ChartSpec {
  const months = [...new Set(splits.map(({ month }) => month))].sort();
  const imported = (month: string) =>
    splits.find((split) => split.month === month && split.channel === 'consumption');
  const valuesOf = (pick: (split: Split) => bigint) =>
    months.map((month) => {
      const split = imported(month);
      return split ? kwhNumber(pick(split)) : null;
    });
  return {
    kind: 'bars',
    label: `Import from ${name} and at other times, by month. The numbers are in the table below.`,
    option: (colour) => ({
      tooltip: tooltip(
        ([point]: readonly { readonly dataIndex: number }[]) => {
          const month = months[point?.dataIndex ?? 0] ?? '';
          const split = imported(month);
          const lines = split
            ? [`${name}: ${kwhText(split.within)} kWh`, `at other times: ${kwhText(split.outside)} kWh`]
            : ['nothing stored'];
          return [formatMonth(month, 'long'), ...lines];
        },
        { trigger: 'axis', axisPointer: { type: 'shadow' } },
      ),
      legend: { top: 0, right: 8, textStyle: { color: colour('muted') }, itemHeight: 10 },
      grid: { left: 56, right: 8, top: 40, bottom: 28 },
      xAxis: monthAxis(colour, months),
      yAxis: { type: 'value', name: 'kWh', nameTextStyle: { color: colour('muted') }, ...axisStyle(colour) },
      series: [
        {
          type: 'bar',
          name: 'In these hours',
          stack: 'month',
          barMaxWidth: 48,
          color: channelColour(colour, 'consumption'),
          data: valuesOf(({ within }) => within),
          emphasis: { disabled: true },
        },
        {
          type: 'bar',
          name: 'At other times',
          stack: 'month',
          barMaxWidth: 48,
          color: colour('chart-other'),
          data: valuesOf(({ outside }) => outside),
          emphasis: { disabled: true },
        },
      ],
    }),
  };
}

function splitTable(splits: readonly Split[], name: string): TableData {
  return {
    heads: ['Month', 'Channel', `${name} (kWh)`, 'At other times (kWh)'],
    rows: splits.map(({ month, channel, within, outside }) => [
      { show: formatMonth(month, 'long'), text: month.slice(0, 7) },
      channelName(channel),
      { show: kwhText(within), text: kwhDecimal(within) },
      { show: kwhText(outside), text: kwhDecimal(outside) },
    ]),
  };
}
