import { parseDecimal } from './decimal.ts';

/** A revision of a day: its sort keys and its values by slot. */
export interface Revision {
  readonly revisedAt: Date;
  readonly content: string;
  /** Exact decimals; null where the file had none. */
  readonly kwh: readonly (string | null)[];
  /** A bit for each slot, as text of 0 and 1; null when none is estimated. */
  readonly estimated: string | null;
}

export interface RevisionEffect {
  /** Slots whose value it set, or changed from that of an earlier revision: which one, null if there was none. */
  readonly changedSlots: ReadonlyMap<number, Revision | null>;
  /** Slots whose value is current. */
  readonly currentSlots: ReadonlySet<number>;
}

export function isEstimated({ estimated }: Revision, slot: number): boolean {
  return estimated?.[slot] === '1';
}

/**
 * What each revision of one channel's day changed, in the order in which they supersede each other: the greatest of
 * (revision stamp, actual over estimated, kWh, content) wins a slot, as in the view smt_intervals.
 * @param revisions ordered by revision stamp and content
 */
export function effectsOf(revisions: readonly Revision[]): readonly RevisionEffect[] {
  const winners: Revision[] = [];
  const changed = revisions.map((revision) => {
    const changedSlots = new Map<number, Revision | null>();
    revision.kwh.forEach((kwh, slot) => {
      if (kwh === null) return;
      const winner = winners[slot];
      if (winner && !supersedes(revision, winner, slot)) return;
      if (!winner || !hasSameValue(revision, winner, slot)) changedSlots.set(slot, winner ?? null);
      winners[slot] = revision;
    });
    return changedSlots;
  });
  return revisions.map((revision, index) => ({
    changedSlots: changed[index] ?? new Map(),
    currentSlots: new Set(winners.flatMap((winner, slot) => (winner === revision ? [slot] : []))),
  }));
}

function supersedes(revision: Revision, other: Revision, slot: number): boolean {
  const ours = rankOf(revision, slot);
  const theirs = rankOf(other, slot);
  const index = ours.findIndex((value, at) => value !== theirs[at]);
  return index !== -1 && (ours[index] as number) > (theirs[index] as number);
}

function rankOf(revision: Revision, slot: number) {
  const { revisedAt, content, kwh } = revision;
  return [revisedAt.getTime(), isEstimated(revision, slot) ? 0 : 1, parseDecimal(kwh[slot] ?? '0'), content];
}

function hasSameValue(revision: Revision, other: Revision, slot: number): boolean {
  return (
    parseDecimal(revision.kwh[slot] ?? '0') === parseDecimal(other.kwh[slot] ?? '0') &&
    isEstimated(revision, slot) === isEstimated(other, slot)
  );
}
