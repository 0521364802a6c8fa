import { npmCommand, parseArguments, rejectArguments } from '../../infra/local/command-line.ts';
import type { Findings, Measure } from './findings.ts';
import { describeMachine } from './machine.ts';
import { encrypted } from './measures/encrypted.ts';
import { functions } from './measures/functions.ts';
import { growth } from './measures/growth.ts';
import { memory } from './measures/memory.ts';
import { normalize } from './measures/normalize.ts';
import { pages } from './measures/pages.ts';
import { partitionsByMonth } from './measures/partitions.ts';
import { queries } from './measures/queries.ts';
import { reader } from './measures/reader.ts';
import { records } from './measures/records.ts';
import { smallFiles } from './measures/small-files.ts';
import { storage } from './measures/storage.ts';
import { sync } from './measures/sync.ts';
import { texas } from './measures/texas.ts';
import { grossRegressions, textOf } from './report.ts';
import { withSetup } from './setup.ts';

const measures: Readonly<Record<string, Measure>> = {
  normalize,
  reader,
  'small-files': smallFiles,
  queries,
  storage,
  records,
  memory,
  growth,
  functions,
  encrypted,
  sync,
  pages,
  texas,
  partitions: partitionsByMonth,
};

/** Run only when they are named: they take as long as they are told. */
const long: readonly string[] = ['texas', 'partitions'];
const usual = Object.keys(measures).filter((name) => !long.includes(name));
/** Those with a ratio that can be far off. */
const smoke = ['normalize', 'reader', 'small-files', 'queries', 'storage', 'memory', 'growth'];

const program = npmCommand(
  'bench',
  'Measures, against what one could use instead, on a Postgres of its own (or TEST_DATABASE_URL).',
)
  .argument('[measure...]', `of ${Object.keys(measures).join(', ')} (default: all but ${long.join(' and ')})`)
  .option('--json', 'print one JSON object')
  .option(
    '--quick',
    `small data and few rounds, of ${smoke.join(', ')}; exit status 1 only if a ratio is far off, whatever the machine`,
  )
  .option('--meters <number>', 'of texas and partitions: how many meters', Number, 100_000)
  .option(
    '--days <number>',
    'of texas: how many days of theirs the second table holds; 0: no second table',
    Number,
    30,
  );

const { names, isJson, isQuick, meters, days } = readArguments();
const log = (text: string) => void process.stderr.write(`${text}\n`);
const regressions = await withSetup({ isQuick, log, texas: { meters, days } }, async (setup) => {
  const machine = await describeMachine(setup);
  if (!isJson) for (const [key, value] of Object.entries(machine)) console.log(`${key}: ${value}`);
  const results: Record<string, Findings> = {};
  for (const name of names) {
    const measure = measures[name];
    if (!measure) continue;
    log(`… ${name}`);
    const findings = await measure.run(setup);
    results[name] = findings;
    if (!isJson) console.log(`\n${textOf(name, measure.title, findings)}`);
  }
  if (isJson) console.log(JSON.stringify({ machine, results }, null, 2));
  return Object.values(results).flatMap(grossRegressions);
});
for (const regression of regressions) log(`gross regression: ${regression}`);
if (isQuick && regressions.length > 0) process.exitCode = 1;

function readArguments() {
  const { args, options } = parseArguments(program);
  const [names] = args;
  const unknown = names.find((name) => !(name in measures));
  if (unknown !== undefined) rejectArguments(program, `there is no measure ${unknown}`);
  const { json: isJson = false, quick: isQuick = false, meters, days } = options;
  if (!(meters >= 1 && days >= 0))
    rejectArguments(program, '--meters takes a number of 1 or more, --days of 0 or more');
  const all = isQuick ? smoke : usual;
  return { names: names.length > 0 ? names : all, isJson, isQuick, meters, days };
}
