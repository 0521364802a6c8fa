import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { npmCommand, parseArguments, parseCount } from '../../infra/local/command-line.ts';
import { fuzzOnce } from './fuzz-reader.ts';

const program = npmCommand(
  'test:fuzz',
  `Feeds the reader with random and damaged files. Every file follows from a number of its own, counted up from the seed. The
reader runs in a thread of its own, so that a file on which it hangs is named like one on which it fails.`,
)
  .option('--seconds <n>', 'how long', parseCount, 60)
  .option('--seed <n>', 'first number (default: random)', parseCount);

const hangMs = 30_000;

interface WorkerInput {
  readonly seed: number;
  readonly untilMs: number;
}

async function work({ seed, untilMs }: WorkerInput): Promise<void> {
  for (let current = seed; Date.now() < untilMs; current++) {
    parentPort?.postMessage(current);
    await fuzzOnce(current);
  }
}

function watch(): void {
  const { seconds, seed = Math.floor(Math.random() * 2 ** 29) + 1 } = parseArguments(program).options;
  const untilMs = Date.now() + seconds * 1000;
  console.log(`fuzzing from seed ${seed} for ${seconds} s`);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { seed, untilMs } satisfies WorkerInput,
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
    console.log(`${current - seed + 1} files, none crashed the reader or hung it`);
  });
}

if (isMainThread) watch();
else await work(workerData as WorkerInput);
