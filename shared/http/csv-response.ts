import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { ApiResponse } from './encode-response.ts';

type Row = Readonly<Record<string, unknown>>;

/** Rows as CSV by their keys, null as an empty cell. No value needs quoting: all are numbers, dates and constants. */
function toCsv(columns: readonly string[], rows: readonly Row[]): string {
  const lines = rows.map((row) => columns.map((column) => String(row[column] ?? '')).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}

/** A page of rows as a CSV file. The next page is in a Link header, where it cannot be mistaken for data. */
export function csvResponse(page: {
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  readonly filename: string;
  readonly nextCursor: string | null;
  readonly event: APIGatewayProxyEventV2;
}): ApiResponse {
  const { columns, rows, filename, nextCursor, event } = page;
  const next = new URLSearchParams(event.rawQueryString);
  if (nextCursor !== null) next.set('cursor', nextCursor);
  return {
    status: 200,
    headers: {
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': `attachment; filename="${filename}"`,
      ...(nextCursor === null ? {} : { link: `<${event.rawPath}?${next}>; rel="next"` }),
    },
    body: toCsv(columns, rows),
  };
}
