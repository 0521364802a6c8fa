import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chunksSource } from '../../shared/archive/byte-source.ts';

test('Any range of chunks in memory is what it is of their bytes joined, in parts of 64 KB at most', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.nat({ max: 3 }), fc.integer({ min: 65_000, max: 140_000 })), { maxLength: 6 }),
      fc.nat({ max: 400_000 }),
      fc.nat({ max: 400_000 }),
      async (lengths, one, other) => {
        const chunks = lengths.map((length, i) => Buffer.alloc(length, i + 1));
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const source = chunksSource(chunks);

        const parts: Buffer[] = [];
        for await (const part of source.stream(from, to)) parts.push(part);

        const joined = Buffer.concat(chunks);
        expect(source.sizeBytes).toBe(joined.length);
        expect(Buffer.concat(parts).equals(joined.subarray(from, to))).toBe(true);
        for (const { length } of parts) expect(length).toBeLessThanOrEqual(64 * 1024);
      },
    ),
  );
});
