import { describeBound, type Figure, type Findings, isMet, type Unit, type Verdict } from './findings.ts';

/** Findings as lines of text: figures, then what they mean against the goals. */
export function textOf(name: string, title: string, findings: Findings): string {
  const lines = [`${name}: ${title}`];
  for (const figure of findings.figures) lines.push(`  ${lineOf(figure)}`);
  for (const verdict of findings.verdicts) lines.push(`  ${lineOf(verdict)}   ${verdictText(verdict)}`);
  for (const note of findings.notes) lines.push(`  (${note})`);
  return lines.join('\n');
}

function lineOf({ what, unit, spread }: Figure): string {
  const { median, min, max, count } = spread;
  const value = `${numberOf(median, unit)} ${unit}`;
  const range = count > 1 ? `${numberOf(min, unit)} … ${numberOf(max, unit)}, n=${count}` : '';
  return `${what.padEnd(52)} ${value.padStart(14)}   ${range.padEnd(26)}`.trimEnd();
}

function verdictText({ goal, spread }: Verdict): string {
  return `goal ${describeBound(goal)}: ${isMet(spread.median, goal) ? 'met' : 'NOT MET'}`;
}

function numberOf(value: number, unit: Unit): string {
  const digits = unit === '×' ? 2 : unit === 'rows/s' || unit === 'bytes' ? 0 : 1;
  return value.toFixed(digits);
}

/** Ratios so far off that no noise explains them. */
export function grossRegressions(findings: Findings): string[] {
  return findings.verdicts
    .filter(({ gross, spread }) => gross !== null && !isMet(spread.median, gross))
    .map(
      ({ what, spread, gross }) =>
        `${what}: ${spread.median.toFixed(2)}, not ${gross && describeBound(gross)}`,
    );
}
