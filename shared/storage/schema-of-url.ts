/** The connection string with a schema of its own: all names without a schema are found and made there. */
export function withSchema(connectionString: string, schema: string): string {
  const url = new URL(connectionString);
  const escaped = `"${schema.replaceAll('"', '""')}"`.replaceAll(/[\\ ]/g, '\\$&');
  const given = url.searchParams.get('options');
  url.searchParams.set('options', [...(given ? [given] : []), `-c search_path=${escaped}`].join(' '));
  return url.href;
}
