/** Rows as CSV by their keys. No value needs quoting: they are numbers, dates and words of ours. */
export function toCsv(
  columns: readonly string[],
  rows: readonly Readonly<Record<string, unknown>>[],
): string {
  const lines = rows.map((row) => columns.map((column) => String(row[column])).join(','));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}
