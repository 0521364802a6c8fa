/** An unassigned ESIID in Oncor's range. */
export const sampleEsiid = '10443720000000001';
export const sampleFilename = 'sample-IntervalData-2025.csv';

const header =
  'ESIID,USAGE_DATE,REVISION_DATE,USAGE_START_TIME,USAGE_END_TIME,USAGE_KWH,ESTIMATED_ACTUAL,CONSUMPTION_SURPLUSGENERATION\n';
const springForward = '03/09/2025';
const fallBack = '11/02/2025';

/**
 * The year 2025 of one made-up household, as the portal exports it: 35,040 intervals, both clock-change days the way SMT
 * writes them. The same text every time.
 */
export function* sampleYear(): Generator<string> {
  yield header;
  for (let day = 0; day < 365; day += 1) yield sampleDay(day);
}

function sampleDay(day: number): string {
  const date = usDate(day);
  const revision = `${usDate(day + 1)} 06:18:33`;
  const rows = labelsOf(date).map(([start, end], slot) => {
    // SMT writes the skipped hour too, without values.
    const isSkipped = date === springForward && start.startsWith('02:');
    const reading = isSkipped ? ',' : `${kwhOf(day, slot)},A`;
    return `'${sampleEsiid},${date},${revision},${start},${end},${reading},Consumption\n`;
  });
  return rows.join('');
}

type Labels = readonly [start: string, end: string];

function labelsOf(date: string): readonly Labels[] {
  const day = Array.from({ length: 96 }, (_, slot): Labels => [label(slot), label(slot + 1)]);
  if (date !== fallBack) return day;
  // The repeated hour comes before the real 02:00, and its first start label is wrong in every file that SMT delivers.
  const repeated: Labels[] = [['02:00', '01:15'], ...day.slice(5, 8)];
  return [...day.slice(0, 8), ...repeated, ...day.slice(8)];
}

function label(slot: number): string {
  const minutes = (slot % 96) * 15;
  return [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

function usDate(day: number): string {
  const [year, month, date] = new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10).split('-');
  return `${month}/${date}/${year}`;
}

/** A base load, an evening peak, cooling in summer, and random variation. Three decimals. */
function kwhOf(day: number, slot: number): string {
  const hour = slot / 4;
  const evening = 0.35 * Math.exp(-(((hour - 19) / 2.5) ** 2));
  const summer = Math.max(0, Math.sin(((day - 80) / 365) * 2 * Math.PI));
  const cooling = 0.6 * summer * Math.exp(-(((hour - 16) / 4.5) ** 2));
  const life = 0.12 * noise(day * 100 + slot);
  return (0.07 + evening + cooling + life).toFixed(3);
}

/** Between 0 and 1, the same for the same number. */
function noise(n: number): number {
  let bits = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 0x1_0000_0000;
}
