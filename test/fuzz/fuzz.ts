/**
 * Feeds the reader with what nobody would send, for as long as is wanted:
 *
 *     npm run test:fuzz -- --seconds 60 --seed 1
 *
 * Every file follows from a number of its own, counted up from the seed. The reader works in a thread that the main one
 * watches, so that a file it hangs on is named like one it fails on.
 */
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fuzzOnce } from './fuzz-reader.ts';

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
  const { values } = parseArgs({
    options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } },
  });
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const untilMs = Date.now() + Number(values.seconds) * 1000;
  console.log(`fuzzing from seed ${seed} for ${values.seconds} s`);
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
