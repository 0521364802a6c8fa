import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** Whether the client asks for CSV in place of JSON. */
export function wantsCsv(event: APIGatewayProxyEventV2): boolean {
  return /\btext\/csv\b/i.test(event.headers.accept ?? '');
}
