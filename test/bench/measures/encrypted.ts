import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createMessage, encrypt, enums, readKey } from 'openpgp';
import { figure, type Measure, verdict } from '../findings.ts';
import { NormalizeWorker } from '../normalize-worker.ts';
import type { BenchSetup } from '../setup.ts';
import { type SmtFile, writeSmtFile } from '../smt-file.ts';
import { takeTurns } from '../spread.ts';

const fixtures = path.join(import.meta.dirname, '../../fixtures/pgp');
/** Number of ESIIDs: at 81 bytes a row, 320 days of them are 73 MB, and 100 MB armored. */
const esiids = 30;

/** The cost of holding a delivery's plaintext in memory until all of it is authenticated. */
export const encrypted: Measure = {
  title: 'a 100 MB delivery, PGP and armored, against what is in it: a new normalize process each',
  async run(setup) {
    const plain = await writeSmtFile(path.join(setup.dir, 'delivery.csv'), {
      esiids: setup.isQuick ? 3 : esiids,
      days: 320,
      firstDay: '2024-02-01',
    });
    const armored = await encryptFile(plain);
    const worker = await NormalizeWorker.start(setup, { stateDir: await stateWithKey(setup) });
    try {
      const peaks = new Map<SmtFile, number[]>([
        [plain, []],
        [armored, []],
      ]);
      const ids = new Map([plain, armored].map((file) => [file, worker.register(file)]));
      const run = async (file: SmtFile): Promise<number> => {
        await worker.emptyTables();
        await worker.restart();
        const tookMs = await worker.normalize(file, (await ids.get(file)) ?? '');
        peaks.get(file)?.push(await worker.peakMb());
        return tookMs;
      };
      const contestants = { plain: () => run(plain), armored: () => run(armored) };
      const times = await takeTurns(contestants, { rounds: setup.isQuick ? 1 : 3, warmups: 0 });
      const mb = (file: SmtFile): number => Math.round(file.sizeBytes / 1e6);
      return {
        figures: [
          figure(`${mb(plain)} MB CSV: time`, 'ms', times.plain),
          figure(`${mb(armored)} MB armored: time`, 'ms', times.armored),
          figure(`${mb(plain)} MB CSV: peak memory`, 'MB', peaks.get(plain) ?? []),
        ],
        verdicts: [
          verdict(`${mb(armored)} MB armored: peak memory`, 'MB', peaks.get(armored) ?? [], { atMost: 256 }),
        ],
        notes: [
          'a plaintext may take a quarter of the function’s memory (442 MB of 1,769): itself, and some 35 MB for OpenPGP',
        ],
      };
    } finally {
      await worker.close();
    }
  },
};

async function encryptFile(file: SmtFile): Promise<SmtFile> {
  const plaintext = Readable.toWeb(createReadStream(file.path));
  const message = await encrypt({
    message: await createMessage({ binary: plaintext }),
    encryptionKeys: await readKey({
      armoredKey: await readFile(path.join(fixtures, 'public-key.asc'), 'utf8'),
    }),
    config: { preferredCompressionAlgorithm: enums.compression.uncompressed },
  });
  const encryptedPath = `${file.path}.asc`;
  await pipeline(message as AsyncIterable<string>, createWriteStream(encryptedPath));
  return { ...file, path: encryptedPath, sizeBytes: (await stat(encryptedPath)).size };
}

/** A folder for a stack whose secret of PGP keys has the key. */
async function stateWithKey({ dir, assemblyDir }: BenchSetup): Promise<string> {
  const stateDir = await mkdtemp(path.join(dir, 'stack-'));
  const template = await readFile(path.join(assemblyDir, await templateName(assemblyDir)), 'utf8');
  const { Resources } = JSON.parse(template) as { Resources: Record<string, { Type: string }> };
  const secret = Object.keys(Resources).find((id) => id.startsWith('PgpKeys')) ?? '';
  const privateKey = await readFile(path.join(fixtures, 'old.key'), 'utf8');
  const keys = JSON.stringify([{ privateKey, passphrase: 'old passphrase' }]);
  await writeFile(path.join(stateDir, 'secrets.json'), JSON.stringify({ [secret]: keys }));
  return stateDir;
}

async function templateName(assemblyDir: string): Promise<string> {
  const manifest = JSON.parse(await readFile(path.join(assemblyDir, 'manifest.json'), 'utf8')) as {
    artifacts: Record<string, { type: string; properties?: { templateFile?: string } }>;
  };
  const stack = Object.values(manifest.artifacts).find(({ type }) => type === 'aws:cloudformation:stack');
  return stack?.properties?.templateFile ?? '';
}
