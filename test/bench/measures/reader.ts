import { createReadStream } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { readRawFile } from '../../../shared/smt/read-raw-file.ts';
import { figure, type Measure, verdict } from '../findings.ts';
import { type SmtFile, writeSmtFile } from '../smt-file.ts';
import { ratiosOf, takeTurns, timeOf } from '../spread.ts';

/** A file of 102 MB. */
const largeShape = { esiids: 42, days: 320, firstDay: '2024-02-01' };

/**
 * The reader alone, from a file to blocks, against DuckDB on one thread, which only adds up the kWh. Both read the file from the
 * page cache.
 */
export const reader: Measure = {
  title: 'the reader alone, in this process, against read_csv of DuckDB on one thread',
  async run(setup) {
    const shape = { ...largeShape, esiids: setup.isQuick ? 4 : largeShape.esiids };
    const file = await writeSmtFile(path.join(setup.dir, 'reader.csv'), shape);
    const json = await writeSmtFile(
      path.join(setup.dir, 'reader.json'),
      { ...shape, esiids: shape.esiids * 3 },
      'json',
    );
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    try {
      const times = await takeTurns(
        {
          reader: () => timeOf(() => readFileAlone(file, false)),
          everyRow: () => timeOf(() => readFileAlone(file, true)),
          duckDb: () => timeOf(() => connection.runAndReadAll(sumOf(file))),
          json: () => rateOf(json, () => readFileAlone(json, false)),
        },
        { rounds: setup.isQuick ? 3 : 7, warmups: 2 },
      );
      return {
        figures: [
          figure('the reader', 'ms', times.reader),
          figure('the reader, every row parsed', 'ms', times.everyRow),
          figure('DuckDB', 'ms', times.duckDb),
        ],
        verdicts: [
          verdict(
            'time, as a share of DuckDB',
            '×',
            ratiosOf(times.reader, times.duckDb),
            { atMost: 1.3 },
            { atMost: 12 },
          ),
          verdict(
            'time, as a share of every row parsed',
            '×',
            ratiosOf(times.reader, times.everyRow),
            { atMost: 0.5 },
            { atMost: 1 },
          ),
          verdict('official JSON, per second of CPU time', 'MB/s', times.json, { atLeast: 40 }),
        ],
        notes: [
          `${file.rows} rows, ${file.sizeBytes} bytes; ${json.rows} fields, ${json.sizeBytes} bytes of JSON`,
        ],
      };
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  },
};

/** Megabytes per second of this process' CPU time, which other load on the host hardly changes. */
async function rateOf(file: SmtFile, read: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await read();
  const { user, system } = process.cpuUsage(before);
  return file.sizeBytes / (user + system);
}

/** @param parsesEveryRow also those that repeat the row before them */
async function readFileAlone(file: SmtFile, parsesEveryRow: boolean): Promise<void> {
  const source = {
    sizeBytes: file.sizeBytes,
    stream: (startByte: number, endByte: number) =>
      createReadStream(file.path, { start: startByte, end: endByte - 1 }),
  };
  const options = { filename: 'reader.csv', esiidHint: null, receivedAt: new Date(), parsesEveryRow };
  const { counts } = await readRawFile(source, options, () => undefined);
  if (counts.intervalsRead !== file.intervals)
    throw new Error(`${counts.intervalsRead} intervals were read.`);
}

/** With the columns given, as a reader that knows the file: detecting their types takes DuckDB longer. */
function sumOf({ path: file }: SmtFile): string {
  const texts = ['ESIID', 'USAGE_DATE', 'REVISION_DATE', 'USAGE_START_TIME', 'USAGE_END_TIME'];
  const flags = ['ESTIMATED_ACTUAL', 'CONSUMPTION_SURPLUSGENERATION'];
  const text = (name: string): string => `'${name}': 'VARCHAR'`;
  const columns = [...texts.map(text), "'USAGE_KWH': 'DECIMAL(10,5)'", ...flags.map(text)];
  return `select count(*), sum(USAGE_KWH) from read_csv('${file}', header = true, quote = '', columns = {${columns.join(', ')}})`;
}
