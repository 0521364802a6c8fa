import { setTimeout as sleep } from 'node:timers/promises';
import { type Intervals, intervalKey, intervalValue } from './oracle.ts';
import type { World } from './world.ts';

const pollMs = 400;

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
 * A subscriber that keeps a copy of all intervals: it reads the changes after its cursor, and the days of each again. A request
 * that fails is repeated from the same cursor.
 */
export class Replica {
  private readonly copy = new Map<string, string>();
  private readonly world: World;
  private cursor = '';
  private isStopped = false;
  private polling: Promise<void> | undefined;

  constructor(world: World) {
    this.world = world;
  }

  /** Follows the changes until {@link finish}. */
  start(): void {
    this.polling = this.poll();
  }

  /** Reads the changes that are left. @returns the copy */
  async finish(): Promise<Intervals> {
    this.isStopped = true;
    await this.polling;
    while (await this.readPage());
    return this.copy;
  }

  private async poll(): Promise<void> {
    while (!this.isStopped) {
      await this.readPage().catch(() => undefined);
      await sleep(pollMs);
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
