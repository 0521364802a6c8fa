import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import { writeZip } from '../support/smt-zip.ts';
import { type SmtFile, writeSmtFile } from './smt-file.ts';

const metersPerZip = 10_000;

/** A day of many meters as zips of 10,000. They take longer to make than to load, so they are kept for the next table. */
export class TexasZips {
  readonly count: number;
  private readonly dir: string;
  private readonly day: string;
  private readonly meters: number;
  private readonly made = new Map<number, Promise<SmtFile>>();

  constructor(dir: string, day: string, meters: number) {
    this.dir = dir;
    this.day = day;
    this.meters = meters;
    this.count = Math.ceil(meters / metersPerZip);
  }

  /** Some of the zips from one on, fewer at the end. */
  some(from: number, count: number): Promise<readonly SmtFile[]> {
    const last = Math.min(from + count, this.count);
    return Promise.all(Array.from({ length: last - from }, (_, index) => this.zip(from + index)));
  }

  private zip(index: number): Promise<SmtFile> {
    const made = this.made.get(index) ?? this.make(index);
    this.made.set(index, made);
    return made;
  }

  private async make(index: number): Promise<SmtFile> {
    const firstEsiid = 1 + index * metersPerZip;
    const esiids = Math.min(metersPerZip, this.meters - index * metersPerZip);
    const csv = path.join(this.dir, `texas-${index}.csv`);
    const written = await writeSmtFile(csv, { esiids, firstEsiid, days: 1, firstDay: this.day });
    const unpacked = await readFile(csv);
    await rm(csv);
    // On a thread beside the next file's making, and not as tight as is usual, which takes three times as long.
    const deflated = await promisify(deflateRaw)(unpacked, { level: 3 });
    const { bytes } = writeZip([{ name: 'IntervalData.csv', bytes: unpacked, deflated }]);
    const zipped = path.join(this.dir, `texas-${index}.zip`);
    await writeFile(zipped, bytes);
    return { ...written, path: zipped, sizeBytes: bytes.length };
  }
}
