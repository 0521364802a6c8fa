import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { build } from 'esbuild';
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { bundleRuns } from '../../infra/bundle.ts';
import { dualStackHosts } from '../../infra/preflight/checks.ts';
import { sqsClient } from '../../shared/aws/sqs-client.ts';
import { templateOf } from '../support/template.ts';

/** A request of each SDK client that functions in a VPC use, to see which host it goes to. */
const requests: Readonly<Record<string, (options: object) => Promise<unknown>>> = {
  'client-s3': (options) =>
    new S3Client(options).send(new GetObjectCommand({ Bucket: 'bucket', Key: 'key' })),
  'client-sqs': (options) =>
    sqsClient(options).send(
      new SendMessageCommand({ QueueUrl: 'https://sqs.us-east-1.amazonaws.com/1/queue', MessageBody: '{}' }),
    ),
  'client-sns': (options) =>
    new SNSClient(options).send(new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:1:t', Message: '{}' })),
  'client-secrets-manager': (options) =>
    new SecretsManagerClient(options).send(new GetSecretValueCommand({ SecretId: 'arn' })),
};

/** Names of the SDK clients in each function's bundle. */
let clients: ReadonlyMap<string, readonly string[]>;

beforeAll(async () => {
  const options = { absWorkingDir: process.cwd(), metafile: true, write: false } as const;
  const results = await Promise.all(bundleRuns('bundles').map((run) => build({ ...run, ...options })));
  const outputs = results.flatMap(({ metafile }) => Object.entries(metafile.outputs));
  clients = new Map(
    outputs.map(([file, { inputs }]) => {
      const found = Object.keys(inputs).flatMap(
        (input) => /@aws-sdk\/(client-[\w-]+)\//.exec(input)?.[1] ?? [],
      );
      return [file.split('/').at(-2) ?? '', [...new Set(found)]] as const;
    }),
  );
}, 60_000);

async function hostOf(client: string): Promise<string> {
  vi.stubEnv('AWS_USE_DUALSTACK_ENDPOINT', 'true');
  onTestFinished(() => void vi.unstubAllEnvs());
  let host = '';
  const handle = (request: { hostname: string }) => {
    host = request.hostname;
    throw new Error('goes nowhere');
  };
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const sent = requests[client]?.({
    region: 'us-east-1',
    credentials,
    maxAttempts: 1,
    requestHandler: { handle },
  });
  await expect(sent).rejects.toThrow('goes nowhere');
  return host;
}

describe('A function in the VPC of Aurora', () => {
  const stack = templateOf({ env: 'prod', database: 'aurora' });
  const inside = Object.values(stack.ofType('AWS::Lambda::Function')).filter(({ VpcConfig }) => VpcConfig);
  const entryOf = (fn: Record<string, unknown>) =>
    (fn.Environment as { Variables: Record<string, string> }).Variables.POWERTOOLS_SERVICE_NAME ?? '';

  test('calls every service at a host that the preflight looks up over IPv6', async () => {
    const used = new Set(inside.flatMap((fn) => clients.get(entryOf(fn)) ?? []));
    const hosts = dualStackHosts('us-east-1');

    expect(used.size).toBeGreaterThanOrEqual(4);
    for (const client of used) {
      expect(Object.keys(requests)).toContain(client);
      const host = (await hostOf(client)).replace(/^bucket\./, '');
      expect({ client, host, isKnown: hosts.includes(host) }).toEqual({ client, host, isKnown: true });
    }
  });

  test('has an IPv6 address, a route to the internet and a security group that allows egress', () => {
    expect(inside.length).toBeGreaterThanOrEqual(8);
    const gateways = Object.keys(stack.ofType('AWS::EC2::EgressOnlyInternetGateway'));
    const routes = Object.values(stack.ofType('AWS::EC2::Route'));
    const associations = Object.values(stack.ofType('AWS::EC2::SubnetRouteTableAssociation'));
    for (const { VpcConfig, Environment } of inside) {
      const { SubnetIds, SecurityGroupIds, Ipv6AllowedForDualStack } = VpcConfig as {
        SubnetIds: { Ref: string }[];
        SecurityGroupIds: { 'Fn::GetAtt': [string, string] }[];
        Ipv6AllowedForDualStack: boolean;
      };
      expect(Ipv6AllowedForDualStack).toBe(true);
      expect(Environment).toMatchObject({ Variables: { AWS_USE_DUALSTACK_ENDPOINT: 'true' } });
      for (const { Ref: subnet } of SubnetIds) {
        const { Ipv6CidrBlock, AssignIpv6AddressOnCreation } = stack.ofType('AWS::EC2::Subnet')[subnet] ?? {};
        expect(Ipv6CidrBlock).toBeDefined();
        expect(AssignIpv6AddressOnCreation).toBe(true);
        const table = associations.find(
          ({ SubnetId }) => (SubnetId as { Ref: string }).Ref === subnet,
        )?.RouteTableId;
        expect(routes).toContainEqual({
          RouteTableId: table,
          DestinationIpv6CidrBlock: '::/0',
          EgressOnlyInternetGatewayId: { Ref: gateways[0] },
        });
      }
      const [group = ''] = SecurityGroupIds[0]?.['Fn::GetAtt'] ?? [];
      const { SecurityGroupEgress } = stack.ofType('AWS::EC2::SecurityGroup')[group] ?? {};
      expect(SecurityGroupEgress).toContainEqual(
        expect.objectContaining({ CidrIpv6: '::/0', IpProtocol: '-1' }),
      );
    }
  });
});
