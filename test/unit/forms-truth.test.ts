import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { damageSign, formWriters } from '../support/every-form.ts';
import { encrypted, openPgp } from '../support/pgp.ts';
import { portal2022, writeFile } from '../support/smt-dialects.ts';
import { esiid, meterDay, type Reading } from '../support/smt-meter.ts';
import { intervalsOf, intervalsOfReadings, readBytes } from '../support/smt-read.ts';
import { zip } from '../support/smt-zip.ts';

const seed = Number(process.env.SMT_SEED ?? Math.floor(Math.random() * 2 ** 31));
const numRuns = Number(process.env.SMT_RUNS ?? 40);

const form = fc.constantFrom(...Object.entries(formWriters));

/** One to three days of one meter, in both channels or one, with gaps and estimates. */
const someReadings: fc.Arbitrary<Reading[]> = fc
  .record({
    dates: fc.uniqueArray(
      fc.constantFrom(
        '2022-03-13',
        '2022-11-06',
        '2022-11-07',
        '2024-02-29',
        '2006-04-02',
        '2006-10-29',
        '2023-12-31',
      ),
      { minLength: 1, maxLength: 3 },
    ),
    channels: fc.constantFrom(['consumption'] as const, ['consumption', 'generation'] as const),
    values: fc.array(fc.oneof(fc.constant(null), fc.nat({ max: 5 }), fc.nat({ max: 99_999_999 })), {
      minLength: 7,
      maxLength: 40,
    }),
    estimateEvery: fc.integer({ min: 2, max: 50 }),
  })
  .map(({ dates, channels, values, estimateEvery }) =>
    channels.flatMap((channel) =>
      [...dates].sort().flatMap((date, day) =>
        meterDay({
          date,
          channel,
          // The first reading of the repeated hour is always there: without it the day lacks an hour, which is a case of its own.
          milliKwh: (slot) => (slot === 8 ? 17 : (values[(slot * 3 + day) % values.length] ?? null)),
          estimated: (slot) => slot % estimateEvery === 0 && slot !== 0,
        }),
      ),
    ),
  );

/** As SMT delivers them is the last. */
const container = fc.constantFrom<((bytes: Buffer) => Buffer | Promise<Buffer>)[]>(
  (bytes) => bytes,
  (bytes) => gzipSync(bytes),
  (bytes) => zip({ 'whatever.bin': bytes }),
  (bytes) => encrypted(bytes, 'binary'),
  (bytes) => encrypted(zip({ 'whatever.bin': bytes }), 'armored'),
);
const encoding = fc.constantFrom<((text: string) => Buffer)[]>(
  (text) => Buffer.from(text),
  (text) => Buffer.from(`\ufeff${text}`),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
);

describe('Whatever the form', () => {
  test('every reading arrives, to the digit and in its slot', async () => {
    await fc.assert(
      fc.asyncProperty(
        form,
        someReadings,
        container,
        encoding,
        fc.integer({ min: 1, max: 5000 }),
        async ([name, write], readings, pack, encode, chunkBytes) => {
          const hint = /portal/.test(name) ? esiid : null;
          const { report, blocks } = await readBytes(await pack(encode(write(readings))), {
            esiidHint: hint,
            chunkBytes,
            decrypt: (message, budget) => openPgp(message, new Date(), budget),
          });

          expect(report.rejectedRows).toEqual([]);
          expect(intervalsOf(blocks)).toEqual(intervalsOfReadings(readings));
          if (!/API|CSV/.test(name)) return;
          const csv = await readBytes(writeFile(portal2022, readings));
          expect(new Set(blocks)).toEqual(new Set(csv.blocks));
        },
      ),
      { seed, numRuns },
    );
  });

  test('a file with a sign too few, too many or elsewhere yields no value that it did not have', async () => {
    await fc.assert(
      fc.asyncProperty(
        form,
        someReadings,
        fc.array(
          fc.record({
            at: fc.nat(),
            what: fc.constantFrom('drop' as const, 'double' as const, 'swap' as const),
            to: fc.nat(),
          }),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
        async ([, write], withGaps, damages) => {
          // One comma less and one more may shift the values between two gaps, and nothing in the file shows it.
          const readings = withGaps.map((reading) => ({ ...reading, milliKwh: reading.milliKwh ?? 321 }));
          const damaged = damages.reduce(damageSign, write(readings));

          const { blocks } = await readBytes(damaged, { esiidHint: esiid });

          const given = new Set(intervalsOfReadings(readings).map(withoutFlag));
          for (const interval of intervalsOf(blocks)) expect(given).toContain(withoutFlag(interval));
        },
      ),
      { seed, numRuns },
    );
  });

  test('a file that is cut off anywhere fails, or yields what it had before the cut', async () => {
    await fc.assert(
      fc.asyncProperty(form, someReadings, fc.nat(), async ([name, write], readings, at) => {
        const text = write(readings);
        const cut = at % text.trimEnd().length;

        const { report, blocks } = await readBytes(text.slice(0, cut), { esiidHint: esiid });

        if (/CSV|line|another object/.test(name)) return;
        expect(report.status).toBe('failed');
        expect(blocks).toEqual([]);
      }),
      { seed, numRuns },
    );
  });

  test('no bytes crash or hang the reader', async () => {
    const beginnings = [
      '{',
      '[',
      '{"energyData":[',
      '{"intervaldata":[{',
      '<feed xmlns="http://www.w3.org/2005/Atom">',
      '<?xml ',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...beginnings),
        fc.oneof(
          fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
          fc.json(),
          fc
            .array(fc.constantFrom(...'{}[]":,<>/=&;! ', 'DT', 'RD', '1', '\n', '<a>', '</a>', '<![CDATA['), {
              maxLength: 500,
            })
            .map((parts) => parts.join('')),
        ),
        fc.integer({ min: 1, max: 300 }),
        async (beginning, rest, chunkBytes) => {
          const { report } = await readBytes(Buffer.from(beginning + rest, 'latin1'), {
            chunkBytes,
            esiidHint: esiid,
          });

          expect(report.status).toBe('failed');
        },
      ),
      { seed, numRuns: numRuns * 3 },
    );
  });
});

/** A sign that is lost can take a flag with it. */
function withoutFlag(interval: string): string {
  return interval.slice(0, -2);
}
