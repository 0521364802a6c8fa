import { el } from '../lib/dom.ts';
import { formatDate, plural } from '../lib/format.ts';
import { emptyState } from '../lib/page.ts';
import { usageUrl } from './address.ts';
import { fetchAudit, fetchPeaks, fetchProfile, fetchRange } from './api.ts';
import { auditCard } from './audit-card.ts';
import { auditNotice } from './audit-notice.ts';
import { nextFrame } from './chart.ts';
import { compareCard, comparedName } from './compare-card.ts';
import { downloadCard } from './download-card.ts';
import { figuresOf } from './figures.ts';
import { hoursCard } from './hours-card.ts';
import { laterCards } from './later-cards.ts';
import { meterHead } from './meter-head.ts';
import { peaksCard } from './peaks-card.ts';
import { coverageCard, energyCard, heatMapCards, monthsCard, typicalDayCard } from './range-cards.ts';
import type { RangeUsage } from './range-usage.ts';
import { comparedSelection } from './ranges.ts';
import type { Profile, Selection } from './types.ts';
import type { ViewContext } from './view-context.ts';

/** Everything there is to see of a meter and range. What takes longer to compute comes after what is quick. */
export async function rangeView(selection: Selection, context: ViewContext): Promise<HTMLElement[]> {
  const { compare } = context.address;
  const [range, other] = await Promise.all([
    fetchRange(selection),
    compare === null ? null : fetchRange(comparedSelection(selection, compare)),
  ]);
  const days = range.channels.flatMap((channel) => channel.days);
  if (days.every(({ present, daily_kwh: read }) => present === 0 && read === null)) {
    return [nothingStored(selection)];
  }
  const { esiid, from, to } = selection;
  const notice = auditNotice(range);
  const head = [
    meterHead(esiid, `${formatDate(from)} to ${formatDate(to)}, ${plural(range.dates.length, 'day')}`),
    ...(notice === null ? [] : [notice]),
  ];
  // What is in view is drawn first: in the frame after the one in which the charts find that they are.
  const drawn = nextFrame().then(nextFrame);
  const audit = laterCards(async () => {
    await drawn;
    const found = auditCard(esiid, await fetchAudit(selection));
    return found === null ? [] : [found];
  }, context.signal);
  if (days.every(({ present }) => present === 0)) return [...head, coverageCard(range, context), audit];
  const profile = drawn.then(() => fetchProfile(selection));
  profile.catch(() => undefined); // each card that needs it says what went wrong
  const baseload = profile.then(({ baseload_kw: kw }) => kw);
  return [
    ...head,
    figuresOf(range, baseload),
    ...(other === null ? [] : [compareCard(range, other, context.signal)]),
    energyCard(range, context),
    coverageCard(range, context),
    audit,
    ...(from.slice(0, 7) === to.slice(0, 7) ? [] : [monthsCard(range, context)]),
    ...profileCards(range, other, profile, context),
    laterCards(async () => {
      await drawn;
      const [intervals, hours] = await Promise.all([
        fetchPeaks(selection, '15min'),
        fetchPeaks(selection, 'hour'),
      ]);
      return [peaksCard(range, { intervals, hours })];
    }, context.signal),
    downloadCard(selection),
  ];
}

/** What is made of hourly sums, which take longer than daily ones. */
function profileCards(
  range: RangeUsage,
  other: RangeUsage | null,
  profile: Promise<Profile>,
  context: ViewContext,
): HTMLElement[] {
  const { selection } = range;
  const { address, note, signal } = context;
  const typicalDay = laterCards(async () => {
    const compared = other && {
      name: comparedName(range, other),
      rows: (await fetchProfile(other.selection)).rows,
    };
    return [typicalDayCard(range, (await profile).rows, compared, signal)];
  }, signal);
  const heatMaps = laterCards(async () => heatMapCards(range, (await profile).rows, context), signal);
  const hours = laterCards(async () => {
    const { rows } = await profile;
    const onChange = (changed: string) => note({ hours: changed });
    return [hoursCard({ selection, rows, hours: address.hours, onChange }, signal)];
  }, signal);
  return [typicalDay, heatMaps, hours];
}

function nothingStored({ esiid, from, to }: Selection): HTMLElement {
  const text = `Nothing is stored of ${esiid} from ${formatDate(from)} to ${formatDate(to)}.`;
  return emptyState(
    'No intervals in this range',
    `${text} Choose other days, or look whether its file was loaded.`,
    el('a', { class: 'button', href: `/admin/smt/raw?esiid=${esiid}` }, 'Its raw files'),
    el('a', { class: 'button', href: usageUrl({ esiid }) }, 'The days that are stored'),
  );
}
