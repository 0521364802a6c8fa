import { reduced } from './cells.ts';
import { namesTime, roleOfName } from './column-names.ts';
import { splitLine } from './csv.ts';

const energyName = /kwh|usage|energy|consumption|read|interval|billed|billing|metered|demand|kva$/;

/**
 * Whether a line is the header of a report about ESIIDs that cannot be one of readings with misspelled columns, whatever the
 * delimiter: it names no time, no date and no energy.
 */
export function isHeaderWithoutReadings(line: string): boolean {
  return ([',', '\t', ';', '|'] as const).some((delimiter) => {
    const cells = splitLine(line, delimiter) ?? [];
    const roles = cells.map(roleOfName);
    if (cells.length < 2 || !roles.includes('esiid')) return false;
    return (
      !cells.some(namesTime) &&
      !roles.includes('date') &&
      !cells.some((name) => energyName.test(reduced(name)))
    );
  });
}
