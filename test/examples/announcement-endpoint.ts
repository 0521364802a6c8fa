import { createVerify } from 'node:crypto';

/** What SNS posts to an HTTPS endpoint, as far as it matters here. */
type SnsMessage = Readonly<Record<string, string>> & { readonly Type: string };

const signedFields: Readonly<Record<string, readonly string[]>> = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: [
    'Message',
    'MessageId',
    'SubscribeURL',
    'Timestamp',
    'Token',
    'TopicArn',
    'Type',
  ],
};
const awsHost = /^sns\.[a-z0-9-]+\.amazonaws\.com$/;

/**
 * Takes what SNS posted: checks that it is signed by AWS and comes from the topic of smt-ingest, confirms the subscription,
 * and returns an announcement. An endpoint responds with 200 after that, or SNS posts it again.
 * @param get fetches a text by its URL: the certificate, and the address that confirms the subscription
 * @returns the announcement (`{id, filename, esiids, intervalMinAt, …}`), null for a subscription that is now confirmed
 * @throws Error for anything that is not SNS's own message of this topic
 */
export async function receiveFromSns(
  body: string,
  topicArn: string,
  get = async (url: string) => (await fetch(url)).text(),
): Promise<object | null> {
  const message = JSON.parse(body) as SnsMessage;
  const fields = signedFields[message.Type];
  if (!fields || message.TopicArn !== topicArn) throw new Error('This is not a message of the topic.');
  const certificateUrl = awsUrl(message.SigningCertURL);
  const text = fields.flatMap((name) => (name in message ? [name, message[name]] : [])).join('\n');
  const verify = createVerify(message.SignatureVersion === '2' ? 'sha256' : 'sha1').update(`${text}\n`);
  if (!verify.verify(await get(certificateUrl), message.Signature ?? '', 'base64')) {
    throw new Error('The signature is not one of SNS.');
  }
  if (message.Type === 'Notification') return JSON.parse(message.Message ?? '') as object;
  await get(awsUrl(message.SubscribeURL));
  return null;
}

/** Only AWS's own addresses are fetched, or a forged message could name its forger's certificate. */
function awsUrl(text = ''): string {
  const { protocol, hostname, href } = new URL(text);
  if (protocol !== 'https:' || !awsHost.test(hostname)) throw new Error(`${text} is not an address of SNS.`);
  return href;
}
