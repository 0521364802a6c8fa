import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { npmCommand, parseArguments, parseCount } from '../../infra/local/command-line.ts';
import { fuzzOnce } from './fuzz-reader.ts';

const program = npmCommand(
  'test:fuzz',
  `Feeds the reader with files of other tools and forms, with contradictory, damaged and random ones. Every file follows from a number of its own, counted up from the seed. The
reader runs in a thread of its own, so that a file on which it hangs is named like one on which it fails.`,
)
  .option('--seconds <n>', 'how long (default: 60, without --files)', parseCount)
  .option('--files <n>', 'how many files', parseCount)
  .option('--seed <n>', 'first number (default: random)', parseCount);

const hangMs = 30_000;

interface WorkerInput {
  readonly seed: number;
  readonly untilMs: number;
  readonly files: number;
}

async function work({ seed, untilMs, files }: WorkerInput): Promise<void> {
  for (let current = seed; current < seed + files && Date.now() < untilMs; current++) {
    parentPort?.postMessage(current);
    await fuzzOnce(current);
  }
}

function watch(): void {
  const { options } = parseArguments(program);
  const { seed = Math.floor(Math.random() * 2 ** 29) + 1, files = Infinity } = options;
  const seconds = options.seconds ?? (options.files === undefined ? 60 : Infinity);
  const untilMs = Date.now() + seconds * 1000;
  console.log(`fuzzing from seed ${seed}`);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { seed, untilMs, files } satisfies WorkerInput,
  });
  let current = seed;
  const hung = (): void => {
    console.error(`fuzz seed ${current} hangs: no end after ${hangMs / 1000} s`);
    process.exit(1);
  };
  let timer = setTimeout(hung, hangMs);
  worker.on('message', (next: number) => {
    current = next;
    clearTimeout(timer);
    timer = setTimeout(hung, hangMs);
  });
  worker.on('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  worker.on('exit', () => {
    clearTimeout(timer);
    console.log(`${current - seed + 1} files; none crashed the reader, hung it or misled it`);
  });
}

if (isMainThread) watch();
else await work(workerData as WorkerInput);
