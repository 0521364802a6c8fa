import type { ApiResponse } from '../../shared/http/encode-response.ts';
import type { RouteRequest } from '../../shared/http/read-request.ts';
import { channels } from '../../shared/intervals/block.ts';
import { clockDay } from '../../shared/intervals/clock.ts';
import type { Database } from '../../shared/storage/database.ts';
import { readRevisions, type StoredRevision } from '../../shared/storage/usage/read-revisions.ts';
import { formatDecimal, parseDecimal } from '../../shared/usage/decimal.ts';
import { slotStarts } from '../../shared/usage/local-time.ts';
import { effectsOf, isEstimated, type Revision, type RevisionEffect } from '../../shared/usage/revisions.ts';
import type { usageRoutes } from './routes.ts';

/** GET /api/usage/revisions: every revision of a day, with what it changed and what of it is current. */
export async function listRevisions(
  database: Database,
  { query }: RouteRequest<typeof usageRoutes.listRevisions>,
): Promise<ApiResponse> {
  const { esiid, usage_date: usageDate, channel = null, as_of: asOf = null } = query;
  const stored = await readRevisions(database, { esiid, usageDate, channel, asOf });
  const starts = slotStarts(clockDay(usageDate));
  const revisions = channels.flatMap((each) => {
    const ofChannel = stored.filter((revision) => revision.channel === each);
    const effects = effectsOf(ofChannel);
    return ofChannel.map((revision, index) => describe(revision, effects[index], starts));
  });
  return { status: 200, body: { ok: true, esiid, usage_date: usageDate, revisions } };
}

function describe(revision: StoredRevision, effect: RevisionEffect | undefined, starts: readonly string[]) {
  const { kwh } = revision;
  const present = kwh.filter((value) => value !== null);
  return {
    channel: revision.channel,
    revised_at: revision.revisedAt.toISOString(),
    loaded_at: revision.loadedAt.toISOString(),
    raw_file_id: revision.rawFileId,
    filename: revision.filename,
    source: revision.source,
    meter: revision.meter,
    kwh: formatDecimal(present.reduce((sum, value) => sum + parseDecimal(value), 0n)),
    intervals: present.length,
    estimated_intervals: kwh.filter((value, slot) => value !== null && isEstimated(revision, slot)).length,
    changed_intervals: effect?.changedSlots.size ?? 0,
    current_intervals: effect?.currentSlots.size ?? 0,
    values: kwh.map((_, slot) => ({
      start: starts[slot] ?? '',
      ...slotValue(revision, slot),
      current: effect?.currentSlots.has(slot) ?? false,
      changed: effect?.changedSlots.has(slot) ?? false,
      previous: previousValue(effect, slot),
    })),
  };
}

function slotValue(revision: Revision, slot: number) {
  const kwh = revision.kwh[slot] ?? null;
  return {
    kwh: kwh === null ? null : formatDecimal(parseDecimal(kwh)),
    estimated: isEstimated(revision, slot),
  };
}

function previousValue(effect: RevisionEffect | undefined, slot: number) {
  const replaced = effect?.changedSlots.get(slot);
  return replaced ? slotValue(replaced, slot) : null;
}
