import { GetObjectCommand, HeadObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, test } from 'vitest';
import { announcementPublisher } from '../../shared/aws/announcement-topic.ts';
import { MessagesRejectedError, normalizeSender } from '../../shared/aws/normalize-queue.ts';
import { S3ObjectStore } from '../../shared/aws/s3-object-store.ts';
import { sqsDeadLetterQueue } from '../../shared/aws/sqs-dead-letter-queue.ts';
import { ObjectDeletedError } from '../../shared/raw-files/object-store.ts';

const version = { bucket: 'raw', objectKey: 'a.csv', versionId: 'v1' };
const sha256 = 'ab'.repeat(32);

function s3Error(httpStatusCode: number, name = 'Error'): S3ServiceException {
  return new S3ServiceException({
    name,
    $fault: 'client',
    $metadata: { httpStatusCode },
    message: 'no',
  });
}

describe('the metadata of an object version in S3', () => {
  const ChecksumSHA256 = Buffer.from(sha256, 'hex').toString('base64');
  const head = {
    ETag: '"abc"',
    ContentLength: 5,
    LastModified: new Date('2025-01-01T00:00:00Z'),
    ChecksumSHA256,
  };

  test('includes the hash of its bytes when a single PUT brought one', async () => {
    const s3 = mockClient(S3Client);
    s3.on(HeadObjectCommand).resolves({ ...head, ChecksumType: 'FULL_OBJECT' });

    const metadata = await new S3ObjectStore(new S3Client()).metadata(version);

    expect(metadata).toMatchObject({ etag: 'abc', sizeBytes: 5, sha256, receivedAt: head.LastModified });
    expect(s3.commandCalls(HeadObjectCommand)[0]?.args[0].input).toMatchObject({
      VersionId: 'v1',
      ChecksumMode: 'ENABLED',
    });
  });

  test('leaves out the hash of the parts of a multipart upload, which is none of its bytes', async () => {
    mockClient(S3Client)
      .on(HeadObjectCommand)
      .resolves({ ...head, ChecksumType: 'COMPOSITE' });

    expect((await new S3ObjectStore(new S3Client()).metadata(version)).sha256).toBeNull();
  });

  test.each([
    [404, 'NoSuchKey'],
    [404, 'NoSuchVersion'],
    [405, 'MethodNotAllowed'],
  ])('is that it is deleted, on %i %s', async (status, name) => {
    mockClient(S3Client)
      .on(HeadObjectCommand)
      .rejects(s3Error(status, 'NotFound'))
      .on(GetObjectCommand)
      .rejects(s3Error(status, name));
    const store = new S3ObjectStore(new S3Client());

    await expect(store.metadata(version)).rejects.toThrow(ObjectDeletedError);
    await expect(store.sha256(version)).rejects.toThrow(ObjectDeletedError);
  });

  test('is not that it is deleted when its bucket is not there', async () => {
    const error = s3Error(404, 'NoSuchBucket');
    mockClient(S3Client)
      .on(HeadObjectCommand)
      .rejects(s3Error(404, 'NotFound'))
      .on(GetObjectCommand)
      .rejects(error);
    const store = new S3ObjectStore(new S3Client());

    await expect(store.metadata(version)).rejects.toBe(error);
    await expect(store.sha256(version)).rejects.toBe(error);
  });

  test.each([403, 503])('is a transient error, on %i', async (status) => {
    const error = s3Error(status);
    mockClient(S3Client).on(HeadObjectCommand).rejects(error);

    await expect(new S3ObjectStore(new S3Client()).metadata(version)).rejects.toBe(error);
  });

  test('is not requested beyond the wanted bytes', async () => {
    const s3 = mockClient(S3Client);
    s3.on(GetObjectCommand).resolves({});
    const source = new S3ObjectStore(new S3Client()).source(version, 100);

    await source.stream(90, 100).resume().toArray();
    await source.stream(0, 100).resume().toArray();
    await source.stream(5, 5).resume().toArray();

    const ranges = s3.commandCalls(GetObjectCommand).map(({ args }) => args[0].input.Range);
    expect(ranges).toEqual(['bytes=90-99', undefined]);
  });
});

describe('the sender of the normalize queue', () => {
  test('sends a message a raw file, ten with a request', async () => {
    const sqs = mockClient(SQSClient);
    sqs.on(SendMessageBatchCommand).resolves({ Successful: [] });
    const ids = Array.from({ length: 21 }, (_, index) => String(index + 1));

    await normalizeSender(new SQSClient(), 'https://queue')(ids);

    const requests = sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input);
    expect(requests.map(({ Entries }) => Entries?.length)).toEqual([10, 10, 1]);
    expect(requests[2]).toEqual({
      QueueUrl: 'https://queue',
      Entries: [{ Id: '0', MessageBody: '{"rawFileId":"21"}' }],
    });
  });

  test('throws when the queue accepted only some', async () => {
    const sqs = mockClient(SQSClient);
    const rejected = { Id: '1', SenderFault: false, Code: 'InternalError' };
    sqs.on(SendMessageBatchCommand).resolves({ Successful: [], Failed: [rejected] });

    const sent = normalizeSender(new SQSClient(), 'https://queue')(['1', '2']);

    await expect(sent).rejects.toThrow(MessagesRejectedError);
  });
});

test('A dead-letter message is deleted by its receipt, and only on request', async () => {
  const sqs = mockClient(SQSClient);
  sqs.on(ReceiveMessageCommand).resolves({ Messages: [{ Body: 'x', ReceiptHandle: 'r1' }] });

  const [message] = await sqsDeadLetterQueue(new SQSClient(), 'https://dead').receive();
  expect(sqs.commandCalls(DeleteMessageCommand)).toHaveLength(0);
  await message?.delete();

  expect(sqs.commandCalls(DeleteMessageCommand)[0]?.args[0].input).toEqual({
    QueueUrl: 'https://dead',
    ReceiptHandle: 'r1',
  });
});

test('An announcement can be filtered by source and by whether anything was inserted', async () => {
  const sns = mockClient(SNSClient);
  sns.on(PublishCommand).resolves({ MessageId: 'm1' });
  const announcement = {
    id: '1',
    filename: 'a.csv',
    source: 'admin-ui',
    esiids: [],
    esiidCount: 0,
    esiidsCut: false,
    intervalMinAt: null,
    intervalMaxAt: null,
    intervalsInserted: 7,
    blocksChanged: 1,
    dailyReadsInserted: 0,
    monthlyReadsInserted: 0,
    daysAgreeing: 0,
    daysDiffering: 0,
    daysMissing: 0,
    registerBreaks: 0,
  };

  await announcementPublisher(new SNSClient(), 'arn:topic')(announcement);

  const input = sns.commandCalls(PublishCommand)[0]?.args[0].input;
  expect(JSON.parse(input?.Message ?? '')).toEqual(announcement);
  expect(input?.MessageAttributes).toEqual({
    source: { DataType: 'String', StringValue: 'admin-ui' },
    intervalsInserted: { DataType: 'Number', StringValue: '7' },
  });
});
