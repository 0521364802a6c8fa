import { createSign, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { receiveFromSns } from '../examples/announcement-endpoint.ts';

const topicArn = 'arn:aws:sns:us-east-1:123456789012:file-normalized';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const certificate = publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** A message signed as SNS documents it: the fields it has, by name, each name and value on a line of its own. */
function signed(fields: Record<string, string>, algorithm: 'sha1' | 'sha256' = 'sha256'): string {
  const text = Object.keys(fields)
    .sort()
    .map((name) => `${name}\n${fields[name]}\n`)
    .join('');
  return JSON.stringify({
    ...fields,
    SignatureVersion: algorithm === 'sha256' ? '2' : '1',
    Signature: createSign(algorithm).update(text).sign(privateKey, 'base64'),
    SigningCertURL: 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem',
    UnsubscribeURL: 'https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe',
  });
}

const notification = {
  Type: 'Notification',
  MessageId: 'm-1',
  TopicArn: topicArn,
  Message: '{"id":"7","esiids":["10443720000000001"]}',
  Timestamp: '2025-01-16T00:00:00.000Z',
};
const confirmation = {
  Type: 'SubscriptionConfirmation',
  MessageId: 'm-2',
  TopicArn: topicArn,
  Message: 'You have chosen to subscribe.',
  Token: 'token',
  SubscribeURL: 'https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=token',
  Timestamp: '2025-01-16T00:00:00.000Z',
};

async function receive(body: string) {
  const fetched: string[] = [];
  const received = await receiveFromSns(body, topicArn, async (url) => {
    fetched.push(url);
    return certificate;
  });
  return { received, fetched };
}

describe('The example of an announcement endpoint', () => {
  test.each(['sha1', 'sha256'] as const)(
    'accepts an announcement that SNS signed with %s',
    async (algorithm) => {
      expect((await receive(signed(notification, algorithm))).received).toEqual({
        id: '7',
        esiids: ['10443720000000001'],
      });
      expect((await receive(signed({ ...notification, Subject: 'file normalized' }))).received).toMatchObject(
        {
          id: '7',
        },
      );
    },
  );

  test('confirms the subscription at the URL that SNS signed', async () => {
    const { received, fetched } = await receive(signed(confirmation));

    expect(received).toBeNull();
    expect(fetched.at(-1)).toBe(confirmation.SubscribeURL);
  });

  test.each([
    ['whose text was changed', signed(notification).replace('0001', '0002')],
    ['without a signature', JSON.stringify(notification)],
    ['of another topic', signed({ ...notification, TopicArn: `${topicArn}-other` })],
    ['of an unknown type', signed({ ...notification, Type: 'Other' })],
    [
      'with a certificate from elsewhere',
      signed(notification).replace(
        'https://sns.us-east-1.amazonaws.com/Simple',
        'https://sns.example.com/Simple',
      ),
    ],
    ['that would be confirmed elsewhere', signed({ ...confirmation, SubscribeURL: 'https://example.com/' })],
  ])('rejects a message %s', async (_, body) => {
    await expect(receive(body)).rejects.toThrow();
  });
});
