import { setTimeout as sleep } from 'node:timers/promises';
import { type Intervals, intervalKey, intervalValue } from './oracle.ts';
import type { World } from './world.ts';

/** How rarely the changes are read without an announcement: withdrawals have none, and one may come before its change is visible. */
const fallbackMs = 10_000;
const longPollSeconds = 2;
const retryMs = 400;

interface Change {
  readonly esiid: string;
  readonly channel: string;
  readonly first_date: string;
  readonly last_date: string;
}

interface UsageRow {
  readonly start: string;
  readonly kwh: string;
  readonly estimated: boolean;
}

/**
 * A subscriber that keeps a copy of all intervals: an announcement wakes it, and it reads the changes after its cursor, and the days of
 * each again. A request that fails is repeated from the same cursor.
 */
export class Replica {
  /** How often an announcement had it read the changes. */
  wakings = 0;
  private readonly copy = new Map<string, string>();
  private readonly world: World;
  private isStopped = false;
  private cursor = '';
  private following: Promise<void> | undefined;

  constructor(world: World) {
    this.world = world;
  }

  /** Follows the announcements until {@link finish}. */
  start(): void {
    this.following = this.follow();
    this.following.catch(() => undefined); // finish() throws it; an aborted run does not get there
  }

  /** Reads the changes that are left. @returns the copy */
  async finish(): Promise<Intervals> {
    this.isStopped = true;
    await this.following;
    while (await this.readPage());
    return this.copy;
  }

  private async follow(): Promise<void> {
    const { announcements } = this.world;
    let readAtMs = 0;
    while (!this.isStopped) {
      const messages = await announcements.receive(longPollSeconds);
      if (messages.length > 0) this.wakings++;
      else if (performance.now() - readAtMs < fallbackMs) continue;
      await this.readAll();
      readAtMs = performance.now();
      await announcements.delete(messages);
    }
  }

  /** Reads until there are no changes left, whatever fails in between. */
  private async readAll(): Promise<void> {
    for (let isMore = true; isMore && !this.isStopped; ) {
      try {
        isMore = await this.readPage();
      } catch {
        await sleep(retryMs);
      }
    }
  }

  /** @returns whether there was a change; the cursor moves once all days of the page are copied */
  private async readPage(): Promise<boolean> {
    const query = new URLSearchParams({ limit: '50', ...(this.cursor && { cursor: this.cursor }) });
    const { changes, next_cursor } = await this.get<{ changes: Change[]; next_cursor: string | null }>(
      `/api/usage/changes?${query}`,
    );
    for (const change of changes) await this.copyDays(change);
    this.cursor = next_cursor ?? this.cursor;
    return changes.length > 0;
  }

  private async copyDays({ esiid, channel, first_date: from, last_date: to }: Change): Promise<void> {
    const rows: UsageRow[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = new URLSearchParams({ esiid, channel, from, to, ...(cursor && { cursor }) });
      const page: { rows: UsageRow[]; next_cursor: string | null } = await this.get(`/api/usage?${query}`);
      rows.push(...page.rows);
      cursor = page.next_cursor;
    }
    for (const key of this.copy.keys()) {
      const [heldEsiid, heldChannel, start = ''] = key.split(' ');
      const date = localDate(start);
      if (heldEsiid === esiid && heldChannel === channel && from <= date && date <= to) this.copy.delete(key);
    }
    for (const { start, kwh, estimated } of rows) {
      const value = intervalValue(Math.round(Number(kwh) * 100_000) / 100, estimated);
      this.copy.set(intervalKey(esiid, channel, Date.parse(start)), value);
    }
  }

  private async get<T>(path: string): Promise<T> {
    const { apiUrl, adminToken } = this.world.stack;
    const response = await fetch(`${apiUrl}${path}`, { headers: { authorization: `Bearer ${adminToken}` } });
    if (!response.ok) throw new Error(`${path} returned ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}

const dateInTexas = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Chicago' });

function localDate(instant: string): string {
  return dateInTexas.format(new Date(instant));
}
