import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sampleYear } from '../../shared/smt/sample-year.ts';

/** Writes the sample: the year 2025 of one made-up household. */
export async function writeSample(file: string): Promise<void> {
  await pipeline(Readable.from(sampleYear()), createWriteStream(file));
}
