import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { startQueueServer } from '../../infra/local/queues.ts';
import { announcementPublisher } from '../../shared/aws/announcement-topic.ts';
import { type Announcement, announce } from '../../shared/raw-files/announce.ts';
import type { Database } from '../../shared/storage/database.ts';
import { markQueued } from '../../shared/storage/raw-files/mark-queued.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { replayRawFiles } from '../../shared/storage/raw-files/replay-raw-files.ts';
import { withdrawRawFile } from '../../shared/storage/removals/withdraw-raw-file.ts';
import { createFreshDatabase, freshDatabase } from '../support/database.ts';
import { claim, esiidA, load, loadFile, newBlock, newRawFile } from '../support/rows.ts';
import { credentials, region } from './local-s3-harness.ts';

/** Announces a file and returns what was published. */
async function announced(database: Database, id: string): Promise<Announcement[]> {
  const published: Announcement[] = [];
  await announce(database, async (announcement) => void published.push(announcement), id);
  return published;
}

async function loadDay(database: Database, esiids: readonly string[] = [esiidA]): Promise<string> {
  const blocks = esiids.map((esiid) => newBlock({ esiid }));
  const { id } = await loadFile(database, blocks, {
    file: { filename: 'day.csv', source: 'console-drop' },
    result: { intervalMinAt: '2025-01-15T06:00:00Z', intervalMaxAt: '2025-01-16T05:45:00Z' },
  });
  return id;
}

test('A normalized file is announced with what changed, once', async () => {
  const database = await freshDatabase();
  const id = await loadDay(database);

  const first = await announced(database, id);
  const second = await announced(database, id);

  expect(first).toEqual([
    {
      id,
      filename: 'day.csv',
      source: 'console-drop',
      esiids: [esiidA],
      esiidCount: 1,
      esiidsCut: false,
      intervalMinAt: '2025-01-15T06:00:00.000Z',
      intervalMaxAt: '2025-01-16T05:45:00.000Z',
      intervalsInserted: 96,
      blocksChanged: 1,
      dailyReadsInserted: 0,
      monthlyReadsInserted: 0,
      daysAgreeing: 0,
      daysDiffering: 0,
      daysMissing: 0,
      registerBreaks: 0,
    },
  ]);
  expect(second).toEqual([]);
});

test('A file of more than a thousand ESIIDs is announced with the first thousand, and says that it is cut', async () => {
  const database = await freshDatabase();
  const esiids = Array.from({ length: 1_001 }, (_, i) => String(10_443_720_000_000_000n + BigInt(i)));
  const id = await loadDay(database, esiids);

  const [announcement] = await announced(database, id);

  expect(announcement?.esiids).toEqual(esiids.slice(0, 1_000));
  expect(announcement).toMatchObject({ esiidCount: 1_001, esiidsCut: true });
  expect(Buffer.byteLength(JSON.stringify(announcement))).toBeLessThan(256 * 1024); // what SNS takes
});

test('What could not be published stays pending', async () => {
  const database = await freshDatabase();
  const id = await loadDay(database);
  const away = announce(database, async () => Promise.reject(new Error('SNS is away')), id);
  await expect(away).rejects.toThrow('SNS is away');

  expect(await announced(database, id)).toHaveLength(1);
});

test('A replayed file is announced again, and a failed one is not', async () => {
  const database = await freshDatabase();
  const id = await loadDay(database);
  await announced(database, id);
  await replayRawFiles(database, { bucket: 'raw', ids: [id], limit: 1, dryRun: false });

  const underWay = await announced(database, id);
  await load(database, await claim(database, id), [newBlock()]);
  const again = await announced(database, id);
  const { id: failed } = await loadFile(database, [], {
    result: { status: 'failed', errorCode: 'empty-file' },
  });

  expect(underWay).toEqual([]);
  expect(again).toMatchObject([{ id, intervalsInserted: 0 }]);
  expect(await announced(database, failed)).toEqual([]);
});

test('A subscriber gets the announcement, and can filter by source and by whether anything was inserted', async () => {
  const database = await freshDatabase();
  const { publisher, subscribe } = await useTopic();
  const wanted = await subscribe({ source: ['console-drop'], intervalsInserted: [{ numeric: ['>', 0] }] });
  const unwanted = await subscribe({ source: ['droplet-upload'] });

  await announce(database, publisher, await loadDay(database));

  expect(await wanted()).toMatchObject([{ filename: 'day.csv', intervalsInserted: 96 }]);
  expect(await unwanted()).toEqual([]);
});

/** A topic of a real queue server, and subscribers of it. */
async function useTopic() {
  const server = await startQueueServer(region);
  const options = { endpoint: server.url, region, credentials };
  const sns = new SNSClient(options);
  const sqs = new SQSClient(options);
  onTestFinished(async () => {
    sns.destroy();
    sqs.destroy();
    await server.close();
  });
  const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: 'file-normalized' }));
  let count = 0;
  const subscribe = async (filter: object) => {
    const QueueName = `subscriber-${++count}`;
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName }));
    const Endpoint = `arn:aws:sqs:${region}:000000000000:${QueueName}`;
    const Attributes = { FilterPolicy: JSON.stringify(filter), RawMessageDelivery: 'true' };
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }));
    return async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      return Messages.map(({ Body = '' }) => JSON.parse(Body) as Announcement);
    };
  };
  return { publisher: announcementPublisher(sns, TopicArn), subscribe };
}

test('From its registration to its announcement, no update of a file touches an index', async () => {
  const fresh = await createFreshDatabase();
  onTestFinished(() => fresh.drop());
  const database = fresh.open({ maxConnections: 1 }); // statistics are those of a session until it ends
  const { id } = await registerRawFile(database, newRawFile());
  await markQueued(database, [id]);
  await load(database, await claim(database, id), [newBlock()]);
  await announced(database, id);

  await sql`select pg_stat_force_next_flush()`.execute(database.kysely); // when it ends
  const { rows } = await sql`
    select pg_stat_get_tuples_updated(oid)::integer as updates, pg_stat_get_tuples_hot_updated(oid)::integer as "heapOnly"
    from pg_class where relname = 'raw_files'`.execute(database.kysely);

  expect(rows).toEqual([{ updates: 4, heapOnly: 4 }]);
});

test('A file is listed as unfinished as long as it is pending or unannounced, whatever happens to it', async () => {
  const database = await freshDatabase();
  const unfinished = async () =>
    (
      await sql<{ id: string }>`select raw_file_id as id from unfinished_files`.execute(database.kysely)
    ).rows.map((row) => row.id);
  const { id } = await registerRawFile(database, newRawFile());
  const seen = [await unfinished()];
  const claimed = await claim(database, id);
  seen.push(await unfinished());
  await load(database, claimed, [newBlock()]);
  seen.push(await unfinished());
  await announced(database, id);
  seen.push(await unfinished());
  await replayRawFiles(database, { bucket: 'raw', ids: [id], limit: 1, dryRun: false });
  seen.push(await unfinished());
  await withdrawRawFile(database, id, { requestedBy: 'test', reason: 'test' });
  seen.push(await unfinished());

  expect(seen).toEqual([[id], [id], [id], [], [id], []]);
});
