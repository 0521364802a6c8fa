/** Prints the tables of DEPLOY.md's section Cost: `npx node infra/cost/cost-table.ts`. */
import {
  type CostLine,
  costsPerMillionIntervals,
  fixedCosts,
  type Installation,
  monthlyCosts,
} from './cost-model.ts';

const installations: readonly Installation[] = [
  { name: 'A household (1 ESIID)', esiids: 1, auroraAcu: 0.5 },
  { name: '10,000 ESIIDs', esiids: 10_000, auroraAcu: 0.5 },
  { name: '1,000,000 ESIIDs', esiids: 1_000_000, auroraAcu: 6 },
];

function table(heading: string, lines: readonly CostLine[]): string {
  const total = lines.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
  const rows = lines.map(
    ({ what, arithmetic, usdPerMonth }) => `| ${what} | ${arithmetic} | ${usdPerMonth.toFixed(2)} |`,
  );
  return [
    `| ${heading} | arithmetic | USD |`,
    '| --- | --- | ---: |',
    ...rows,
    `| **Sum** | | **${total.toFixed(2)}** |`,
  ].join('\n');
}

/** All tables, as Markdown. */
export function costTables(): string {
  return [
    table('Fixed, a month', fixedCosts()),
    table('A million intervals', costsPerMillionIntervals()),
    ...installations.map((installation) =>
      table(`${installation.name}, a month`, monthlyCosts(installation)),
    ),
  ].join('\n\n');
}

if (import.meta.main) process.stdout.write(`${costTables()}\n`);
