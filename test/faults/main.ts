import { npmCommand, parseArguments, parseCount } from '../../infra/local/command-line.ts';
import { synthesize } from '../../infra/local/synthesize.ts';
import { playRun, type RunResult } from './run.ts';
import { steps } from './steps.ts';
import { WorkerSlot } from './worker-slot.ts';

const program = npmCommand(
  'test:faults',
  `The fault-injection harness: plays random plans of uploads and faults against the real stack, one per seed, lets it recover, and
holds it to its promises. The seed reproduces the plan. Exit status 1 if a promise was broken.`,
)
  .option('--seed <n>', 'first seed', parseCount, 1)
  .option('--runs <n>', 'number of plans', parseCount, 1)
  .option('--slots <n>', 'plans at the same time', parseCount, 3)
  .option('--until-violation', 'stop at the first broken promise')
  .option('--json', 'print one JSON object per run, then the totals');

/** Number of runs in which every call that can be faulted has been made. */
const runsToSeeAllSteps = 20;

interface Options {
  readonly seed: number;
  readonly runs: number;
  readonly slots: number;
  readonly stopsAtViolation: boolean;
  readonly isJson: boolean;
}

async function main(): Promise<number> {
  const options = readArguments();
  const assemblyDir = await synthesize();
  const results: RunResult[] = [];
  const seeds = Array.from({ length: options.runs }, (_, index) => options.seed + index);
  const playSlot = async () => {
    const slot = await WorkerSlot.open();
    try {
      for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
        const result = await playRun(seed, slot, assemblyDir);
        results.push(result);
        console.log(options.isJson ? JSON.stringify(result) : textOf(result));
        if (options.stopsAtViolation && result.violations.length > 0) seeds.length = 0;
      }
    } finally {
      await slot.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.slots, options.runs) }, playSlot));
  const totals = totalsOf(results);
  console.log(options.isJson ? JSON.stringify(totals) : totalsText(totals));
  const isBlind = results.length >= runsToSeeAllSteps && totals.stepsNeverSeen.length > 0;
  return isBlind || totals.violations + totals.aborted > 0 ? 1 : 0;
}

function totalsOf(results: readonly RunResult[]) {
  const faults: Record<string, number> = {};
  for (const result of results) {
    for (const [kind, count] of Object.entries(result.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  }
  const sum = (of: (result: RunResult) => number) => results.reduce((total, result) => total + of(result), 0);
  return {
    runs: results.length,
    files: sum(({ files }) => files),
    intervals: sum(({ intervals }) => intervals),
    faultsInjected: Object.values(faults).reduce((total, count) => total + count, 0),
    givenUpAndReplayed: sum(({ givenUp }) => givenUp),
    violations: sum(({ violations }) => violations.length),
    aborted: results.filter(({ error }) => error !== null).length,
    /** Calls no proxy recognized: after some runs, a sign that the program changed and the harness did not. */
    stepsNeverSeen: steps.filter((step) => !results.some(({ stepsSeen }) => stepsSeen.includes(step))),
    faults: Object.fromEntries(Object.entries(faults).sort(([, a], [, b]) => b - a)),
  };
}

function textOf({ seed, durationMs, files, intervals, faults, violations, error }: RunResult): string {
  const injected = Object.values(faults).reduce((total, count) => total + count, 0);
  const details = `${files} files, ${intervals} intervals, ${injected} faults, ${durationMs} ms`;
  const verdict = error !== null ? 'NOT FINISHED' : violations.length > 0 ? 'VIOLATED' : 'ok';
  const problems = [...violations, ...(error === null ? [] : [error])].map((problem) => `  ${problem}`);
  return [`seed ${seed}: ${details}: ${verdict}`, ...problems].join('\n');
}

function totalsText({ faults, ...totals }: ReturnType<typeof totalsOf>): string {
  const kinds = Object.entries(faults).map(([kind, count]) => `  ${String(count).padStart(6)} ${kind}`);
  return [JSON.stringify(totals), 'faults by kind:', ...kinds].join('\n');
}

function readArguments(): Options {
  const { seed, runs, slots, untilViolation = false, json = false } = parseArguments(program).options;
  return { seed, runs, slots, stopsAtViolation: untilViolation, isJson: json };
}

process.exitCode = await main();
