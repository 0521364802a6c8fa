import path from 'node:path';
import { figure, type Measure, verdict } from '../findings.ts';
import { NormalizeWorker } from '../normalize-worker.ts';
import { writeSmtFile } from '../smt-file.ts';
import { ratiosOf, takeTurns } from '../spread.ts';

/** Rows of a file are 81 bytes: four ESIIDs over 320 days make 10 MB. */
const esiidsPer10Mb = 4;

/** Peak resident memory of the normalize process, by the size of its file. */
export const memory: Measure = {
  title: 'peak memory of the normalize process by file size, a new process each',
  async run(setup) {
    const shape = { days: 320, firstDay: '2024-02-01' };
    const factor = setup.isQuick ? 6 : 100;
    const small = await writeSmtFile(path.join(setup.dir, 'small.csv'), { ...shape, esiids: esiidsPer10Mb });
    const big = await writeSmtFile(path.join(setup.dir, 'big.csv'), {
      ...shape,
      esiids: factor * esiidsPer10Mb,
    });
    const worker = await NormalizeWorker.start(setup);
    try {
      const ids = new Map([small, big].map((file) => [file, worker.register(file)]));
      const peakOf = async (file: typeof small) => {
        await worker.emptyTables();
        await worker.restart();
        await worker.normalize(file, (await ids.get(file)) ?? '');
        return worker.peakMb();
      };
      const contestants = { small: () => peakOf(small), big: () => peakOf(big) };
      const { small: smallMb, big: bigMb } = await takeTurns(contestants, {
        rounds: setup.isQuick ? 1 : 3,
        warmups: 0,
      });
      return {
        figures: [figure(`${megabytesOf(small.sizeBytes)} MB file`, 'MB', smallMb)],
        verdicts: [
          verdict(`${megabytesOf(big.sizeBytes)} MB file`, 'MB', bigMb, { atMost: 192 }),
          verdict('growth with the file', '×', ratiosOf(bigMb, smallMb), { atMost: 1.2 }, { atMost: 2.5 }),
        ],
        notes: ['VmHWM of /proc: all the process ever held, its code included'],
      };
    } finally {
      await worker.close();
    }
  },
};

function megabytesOf(bytes: number): number {
  return Math.round(bytes / 1e6);
}
