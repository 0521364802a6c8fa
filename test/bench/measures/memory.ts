import path from 'node:path';
import { type Figure, figure, type Measure, type Verdict, verdict } from '../findings.ts';
import { NormalizeWorker } from '../normalize-worker.ts';
import type { BenchSetup } from '../setup.ts';
import { type SmtFile, writeSmtFile } from '../smt-file.ts';
import { ratiosOf, takeTurns } from '../spread.ts';

const shape = { days: 320, firstDay: '2024-02-01' };
/** How many meters make 10 MB: a reading takes 81 bytes as CSV, 8.6 as JSON. */
const forms = { csv: { meters: 4 }, json: { meters: 38 } } as const;

/** Peak resident memory of the normalize process, by the form and size of its file. */
export const memory: Measure = {
  title: 'peak memory of the normalize process by file size, a new process each',
  async run(setup) {
    const worker = await NormalizeWorker.start(setup);
    try {
      const figures: Figure[] = [];
      const verdicts: Verdict[] = [];
      for (const form of ['csv', 'json'] as const) {
        const found = await growthOf(setup, worker, form);
        figures.push(...found.figures);
        verdicts.push(...found.verdicts);
      }
      const notes = ['VmHWM of /proc: all the process ever held, its code included'];
      return { figures, verdicts, notes };
    } finally {
      await worker.close();
    }
  },
};

/** A file of 10 MB of a form against one of 1 GB. */
async function growthOf(
  setup: BenchSetup,
  worker: NormalizeWorker,
  form: keyof typeof forms,
): Promise<{ readonly figures: Figure[]; readonly verdicts: Verdict[] }> {
  const factor = setup.isQuick ? 6 : 100;
  const { meters } = forms[form];
  const write = (name: string, esiids: number) =>
    writeSmtFile(path.join(setup.dir, `${name}.${form}`), { ...shape, esiids }, form);
  const small = await write('small', meters);
  const big = await write('big', factor * meters);
  const ids = new Map([small, big].map((file) => [file, worker.register(file)]));
  const peakOf = async (file: SmtFile) => {
    await worker.emptyTables();
    await worker.restart();
    await worker.normalize(file, (await ids.get(file)) ?? '');
    return worker.peakMb();
  };
  const rounds = { rounds: setup.isQuick ? 1 : 3, warmups: 0 };
  const peaks = await takeTurns({ small: () => peakOf(small), big: () => peakOf(big) }, rounds);
  const name = ({ sizeBytes }: SmtFile) => `${Math.round(sizeBytes / 1e6)} MB of ${form.toUpperCase()}`;
  return {
    figures: [figure(name(small), 'MB', peaks.small)],
    verdicts: [
      verdict(name(big), 'MB', peaks.big, { atMost: 160 }),
      verdict(
        `${form.toUpperCase()}, growth with the file`,
        '×',
        ratiosOf(peaks.big, peaks.small),
        { atMost: 1.2 },
        { atMost: 2.5 },
      ),
    ],
  };
}
