import { Readable } from 'node:stream';
import type { buildApp } from 'fauxqs';
import type { Authority } from './authority.ts';
import { snsIntent, sqsIntent } from './queue-intents.ts';
import { rejectionOf } from './service-gate.ts';

type App = ReturnType<typeof buildApp>;

/** Has an emulator of SQS and SNS check the signature of each request, and evaluate the policies, before it acts. */
export function gateQueueServer(
  app: App,
  authority: () => Authority | undefined,
  place: { readonly region: string; readonly accountId: string },
): void {
  app.addHook('preParsing', async (request, reply, payload) => {
    const body = Buffer.concat(await payload.toArray());
    const known = authority();
    if (known) {
      const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const target = headers.get('x-amz-target');
      const intent = target === undefined ? snsIntent(body, place) : sqsIntent(target, body, place);
      const service = target === undefined ? 'sns' : 'sqs';
      const signed = {
        method: request.method,
        rawPath: request.url,
        queryPairs: [],
        query: new Map<string, string>(),
      };
      const rejection = rejectionOf(known, { ...signed, headers, body }, { ...place, service, intent });
      if (rejection) {
        const { status, type, message } = rejection;
        await reply
          .status(status)
          .header('content-type', service === 'sqs' ? 'application/x-amz-json-1.0' : 'text/xml')
          .send(
            service === 'sqs'
              ? JSON.stringify({ __type: `com.amazonaws.sqs#${type}`, message })
              : xmlError(type, message),
          );
      }
    }
    return Object.assign(Readable.from(body.length === 0 ? [] : [body]), {
      receivedEncodedLength: body.length,
    });
  });
}

/** SNS responds in XML, and names the error without the suffix. */
function xmlError(type: string, message: string): string {
  const escaped = (text: string) => text.replace(/[<&"]/g, (char) => `&#${char.charCodeAt(0)};`);
  const code = type.replace(/(Denied)?Exception$/, '$1');
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error></ErrorResponse>`;
}
