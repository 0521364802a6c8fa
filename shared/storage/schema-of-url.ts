/** The connection string with another search_path: all unqualified names resolve to that schema. */
export function withSchema(connectionString: string, schema: string): string {
  const url = new URL(connectionString);
  const escaped = `"${schema.replaceAll('"', '""')}"`.replaceAll(/[\\ ]/g, '\\$&');
  const given = url.searchParams.get('options');
  url.searchParams.set('options', [...(given ? [given] : []), `-c search_path=${escaped}`].join(' '));
  return url.href;
}
