import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { clockDay } from '../../shared/intervals/clock.ts';
import { freshDatabase } from '../support/database.ts';

test('The reader and the database agree on the slots of every day from 1990 to 2199', async () => {
  const database = await freshDatabase();
  const { rows } = await sql<{ date: string; start_ms: string; slots: number }>`
    select day::date::text as date,
      extract(epoch from timezone('America/Chicago', day)) * 1000 as start_ms,
      (extract(epoch from timezone('America/Chicago', day + interval '1 day') - timezone('America/Chicago', day)) / 900)::int as slots
    from generate_series(timestamp '1990-01-01', timestamp '2199-12-31', interval '1 day') as day`.execute(
    database.kysely,
  );
  // Every day of a clock change, and every twentieth of the others.
  const days = rows.filter(({ slots }, i) => slots !== 96 || i % 20 === 0);

  const differing = days.filter(({ date, start_ms, slots }) => {
    const day = clockDay(date);
    return day.slotCount !== slots || day.startMs !== Number(start_ms);
  });

  expect(rows.filter(({ slots }) => slots !== 96)).toHaveLength(2 * 210);
  expect(differing).toEqual([]);
});
