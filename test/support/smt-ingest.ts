import { createHash, randomUUID } from 'node:crypto';
import type { Decrypt } from '../../shared/archive/members.ts';
import { type RawFileReport, readRawFile } from '../../shared/smt/read-raw-file.ts';
import type { Database } from '../../shared/storage/database.ts';
import { type LoadSummary, openLoad } from '../../shared/storage/load/load-blocks.ts';
import { registerRawFile } from '../../shared/storage/raw-files/register-raw-file.ts';
import { openPgp } from './pgp.ts';
import { claim, newRawFile } from './rows.ts';
import { chunkedSource, expectCountsToAddUp } from './smt-read.ts';

export interface StoredFile {
  readonly bytes: Buffer;
  readonly filename?: string;
  readonly esiidHint?: string | null;
  readonly receivedAt?: Date;
  readonly maxOpenBlocks?: number;
}

export interface Ingested {
  readonly report: RawFileReport;
  readonly loaded: LoadSummary;
}

/**
 * Registers a file as an object version of its own and normalizes it.
 * @returns null if it was a duplicate of a normalized one
 */
export async function ingest(database: Database, file: StoredFile): Promise<Ingested | null> {
  const { bytes, filename = 'file.csv', esiidHint = null, maxOpenBlocks } = file;
  const { id, status } = await registerRawFile(
    database,
    newRawFile({
      objectKey: `uploads/${randomUUID()}/${filename}`,
      filename,
      esiid: esiidHint,
      sizeBytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      ...(file.receivedAt ? { receivedAt: file.receivedAt } : {}),
    }),
  );
  if (status === 'duplicate') return null;
  const claimed = await claim(database, id);
  const load = openLoad(database, {
    rawFileId: id,
    leaseToken: claimed.leaseToken,
    receivedAt: claimed.file.receivedAt,
  });
  const { receivedAt } = claimed.file;
  const decrypt: Decrypt = (message, budget) => openPgp(message, receivedAt, budget);
  const options = { filename, esiidHint, receivedAt, maxOpenBlocks, decrypt };
  const report = await readRawFile(
    chunkedSource(bytes, 65_536),
    options,
    (block, member) => load.add(block, member),
    (read, member) => load.addRead(read, member),
  );
  const loaded = await load.finish(report);
  expectCountsToAddUp(loaded.counts);
  for (const { counts } of loaded.members) expectCountsToAddUp(counts);
  return { report, loaded };
}
