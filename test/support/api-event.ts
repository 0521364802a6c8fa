import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** A GET as API Gateway hands it on. */
export function getEvent(
  path: string,
  query: Readonly<Record<string, string>> = {},
  {
    headers = {},
    pathParameters = {},
  }: Partial<Pick<APIGatewayProxyEventV2, 'headers' | 'pathParameters'>> = {},
): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey: `GET ${path}`,
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    headers,
    queryStringParameters: query,
    pathParameters,
    requestContext: {
      accountId: '000000000000',
      apiId: 'test',
      domainName: 'localhost',
      domainPrefix: 'test',
      http: { method: 'GET', path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId: 'test',
      routeKey: `GET ${path}`,
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    isBase64Encoded: false,
  };
}
