import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createMessage, encrypt, enums, readKey } from 'openpgp';
import { describe, expect, test } from 'vitest';
import { bufferSource } from '../../shared/archive/byte-source.ts';
import { defaultArchiveLimits, UnpackBudget } from '../../shared/archive/limits.ts';
import { type OpenPgpMessage, pgpOpener } from '../../shared/archive/pgp/pgp.ts';
import { readRawFile } from '../../shared/smt/read-raw-file.ts';

const fixtures = path.join(import.meta.dirname, '../fixtures/pgp');
const fixture = (name: string): Promise<Buffer> => readFile(path.join(fixtures, name));
const receivedAt = new Date('2025-02-01T12:00:00Z');

interface Case {
  readonly keys?: readonly object[];
  readonly keysText?: string;
  readonly receivedAt?: Date;
  readonly maxPlaintextBytes?: number;
}

async function key(name: 'old' | 'new' | 'expired'): Promise<{ privateKey: string; passphrase?: string }> {
  const privateKey = (await fixture(`${name}.key`)).toString();
  return name === 'old' ? { privateKey, passphrase: 'old passphrase' } : { privateKey };
}

const openers = new Map<string, OpenPgpMessage>();

/** One opener for the same keys, as a worker has: it takes a passphrase a quarter of a second to open a key. */
function openerFor(keysText: string, maxPlaintextBytes: number): OpenPgpMessage {
  const name = `${maxPlaintextBytes} ${keysText}`;
  const opener = openers.get(name) ?? pgpOpener({ keysText: async () => keysText, maxPlaintextBytes });
  openers.set(name, opener);
  return opener;
}

/** Reads a file as normalize does, and returns its outcome and number of intervals. */
async function read(file: Buffer, filename: string, given: Case) {
  const keysText = given.keysText ?? JSON.stringify(given.keys ?? []);
  const open = openerFor(keysText, given.maxPlaintextBytes ?? 1024 ** 2);
  let blocks = 0;
  const report = await readRawFile(
    bufferSource(file),
    {
      filename,
      esiidHint: null,
      receivedAt,
      decrypt: (message, budget) => open(message, given.receivedAt ?? receivedAt, budget),
    },
    () => {
      blocks++;
    },
  );
  return { ...report, blocks };
}

const readFixture = async (name: string, given: Case) => read(await fixture(name), name, given);

describe('an encrypted delivery', () => {
  test.each([
    ['armored', 'to-old.zip.asc'],
    ['binary', 'to-old.zip.pgp'],
    ['to a key of another kind', 'to-new.zip.asc'],
    ['to a hidden recipient', 'to-hidden.zip.asc'],
    ['to two keys', 'to-both.zip.asc'],
    ['signed as well', 'signed-and-encrypted.zip.asc'],
  ])('that gpg made, %s, is opened down to its members', async (_, name) => {
    const report = await readFixture(name, { keys: [await key('old'), await key('new')] });

    expect(report).toMatchObject({ status: 'normalized', errorCode: null, blocks: 1 });
    expect(report.counts.intervalsRead).toBe(96);
    expect(report.members.map(({ name, kind }) => [name, kind])).toEqual([
      [expect.stringContaining('IntervalMeterUsage.CSV'), 'interval'],
      [expect.stringContaining('DailyMeterUsage.CSV'), 'daily'],
    ]);
  });

  test('behind a byte order mark and blank lines, with CRLF, is opened', async () => {
    const armored = (await fixture('to-old.zip.asc')).toString().replaceAll('\n', '\r\n');

    const report = await read(Buffer.from(`\ufeff\r\n\r\n${armored}`), 'mailed.asc', {
      keys: [await key('old')],
    });

    expect(report).toMatchObject({ status: 'normalized', blocks: 1 });
  });

  test('fails with pgp-key-missing as long as there is no key, and the message names the key it wants', async () => {
    const report = await readFixture('to-old.zip.asc', { keys: [] });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'pgp-key-missing', blocks: 0 });
    expect(report.errorMessage).toMatch(/to the key [0-9A-F]{16}/);
  });

  test('to another key fails with pgp-wrong-key', async () => {
    const report = await readFixture('to-new.zip.asc', { keys: [await key('old')] });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'pgp-wrong-key' });
  });

  test('to a passphrase fails with pgp-wrong-key', async () => {
    const report = await readFixture('to-passphrase.zip.asc', { keys: [await key('old')] });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'pgp-wrong-key' });
  });

  test('to a key that had expired when it came fails with pgp-key-expired', async () => {
    const report = await readFixture('to-expired.zip.asc', { keys: [await key('expired')] });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'pgp-key-expired' });
  });

  test('that came before its key expired is still opened', async () => {
    const report = await readFixture('to-expired.zip.asc', {
      keys: [await key('expired')],
      receivedAt: new Date('2020-06-02T00:00:00Z'),
    });

    expect(report).toMatchObject({ status: 'normalized', blocks: 1 });
  });

  test.each([
    ['a wrong passphrase', async () => [{ ...(await key('old')), passphrase: 'guess' }]],
    ['no passphrase', async () => [{ privateKey: (await key('old')).privateKey }]],
    ['something that is no key', async () => [{ privateKey: 'secret-looking text' }]],
    ['entries of another form', async () => [{ key: 'x' }]],
  ])('fails with pgp-key-unusable if the secret has %s, without a word of the secret', async (_, keys) => {
    const report = await readFixture('to-old.zip.asc', { keys: await keys() });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'pgp-key-unusable' });
    expect(report.errorMessage).not.toMatch(/guess|secret-looking|BEGIN/);
  });

  test('fails with pgp-key-unusable if the secret is not JSON', async () => {
    const report = await readFixture('to-old.zip.asc', { keysText: '-----BEGIN hidden' });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'pgp-key-unusable' });
    expect(report.errorMessage).not.toContain('hidden');
  });

  test('is opened with a good key beside one that cannot be used', async () => {
    const broken = { ...(await key('old')), passphrase: 'guess' };

    const report = await readFixture('to-new.zip.asc', { keys: [broken, await key('new')] });

    expect(report).toMatchObject({ status: 'normalized', blocks: 1 });
  });
});

describe('a damaged delivery', () => {
  test('with any one byte of its data changed fails with pgp-tampered, and nothing of it is used', async () => {
    const whole = await fixture('to-old.zip.pgp');
    const keys = [await key('old')];
    const dataStart = 280; // behind the session key's packet and the header of the data's

    for (const at of [dataStart + 20, dataStart + 400, whole.length - 25, whole.length - 1]) {
      const changed = Buffer.from(whole);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      const report = await read(changed, 'changed.pgp', { keys });
      expect(report, `byte ${at}`).toMatchObject({ status: 'failed', errorCode: 'pgp-tampered', blocks: 0 });
    }
  });

  test('with its session key changed fails with pgp-tampered', async () => {
    const changed = await fixture('to-old.zip.pgp');
    changed.writeUInt8(changed.readUInt8(100) ^ 1, 100);

    const report = await read(changed, 'changed.pgp', { keys: [await key('old')] });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'pgp-tampered' });
  });

  test.each(['to-old.zip.pgp', 'to-old.zip.asc'])(
    '%s, cut off anywhere, fails with pgp-truncated',
    async (name) => {
      const whole = await fixture(name);
      const keys = [await key('old')];

      for (const length of [100, 300, 900, whole.length - 40]) {
        const report = await read(whole.subarray(0, length), name, { keys });
        expect(report, `${length} bytes`).toMatchObject({ status: 'failed', errorCode: 'pgp-truncated' });
      }
    },
  );

  test('with a line of its armor lost fails with pgp-tampered', async () => {
    const lines = (await fixture('to-old.zip.asc')).toString().split('\n');
    lines.splice(20, 1);

    const report = await read(Buffer.from(lines.join('\n')), 'line-lost.asc', { keys: [await key('old')] });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'pgp-tampered' });
  });
});

describe('what is PGP but no encrypted delivery', () => {
  test.each([
    ['signed-only.zip.asc', 'pgp-signed-only'],
    ['detached-signature.asc', 'pgp-signed-only'],
    ['compressed-only.zip.pgp', 'pgp-compressed-only'],
    ['literal-only.zip.pgp', 'pgp-not-encrypted'],
    ['public-key.asc', 'pgp-not-a-message'],
    ['old.key', 'pgp-not-a-message'],
  ])('%s fails with %s', async (name, errorCode) => {
    const report = await readFixture(name, { keys: [await key('old'), await key('new')] });

    expect(report).toMatchObject({ status: 'failed', errorCode, blocks: 0 });
  });

  test('a message without integrity protection fails with pgp-unprotected', async () => {
    const whole = await fixture('to-old.zip.pgp');
    const sessionKey = whole.subarray(0, 3 + whole.readUInt16BE(1)); // an old-format packet, its length in two bytes
    const unprotected = Buffer.concat([Buffer.from([0xc9, 100]), Buffer.alloc(100, 7)]);

    const report = await read(Buffer.concat([sessionKey, unprotected]), 'no-mdc.pgp', {
      keys: [await key('old')],
    });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'pgp-unprotected', blocks: 0 });
  });

  test('malformed packets fail with pgp-corrupt', async () => {
    const emptyLiteral = Buffer.from([0xcb, 1, 0x62]);

    const report = await read(emptyLiteral, 'nonsense.pgp', { keys: [await key('old')] });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'pgp-corrupt', blocks: 0 });
  });

  test('a CSV that begins with accented text is no PGP message', async () => {
    const report = await read(Buffer.from('ÉSIID,DATE\n1,2\n'), 'odd.csv', {});

    expect(report.errorCode).toBe('unknown-header');
  });
});

describe('limits', () => {
  test('a message that unpacks to more than the limit fails with pgp-too-large', async () => {
    const bomb = await encrypted(Buffer.alloc(4 * 1024 ** 2));

    const report = await read(bomb, 'bomb.pgp', { keys: [await key('old')], maxPlaintextBytes: 1024 ** 2 });

    expect(bomb.length).toBeLessThan(100_000);
    expect(report).toMatchObject({ status: 'failed', errorCode: 'pgp-too-large' });
  });

  test('a message that unpacks like a bomb fails with archive-ratio, as gzip and zip do, before all of it is in memory', async () => {
    const bomb = await encrypted(Buffer.alloc(20 * 1024 ** 2));

    const report = await read(bomb, 'bomb.pgp', {
      keys: [await key('old')],
      maxPlaintextBytes: 64 * 1024 ** 2,
    });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'archive-ratio' });
  });

  test('a message within another may be as large as what the outer one leaves of the memory', async () => {
    const noise = await encrypted(randomBytes(300_000));
    const nested = await encrypted(noise);

    const tooLarge = await read(nested, 'nested.pgp', {
      keys: [await key('old')],
      maxPlaintextBytes: 500_000,
    });
    const small = await read(nested, 'nested.pgp', { keys: [await key('old')], maxPlaintextBytes: 700_000 });

    expect(tooLarge).toMatchObject({ status: 'failed', errorCode: 'pgp-too-large' });
    expect(small.errorCode).not.toBe('pgp-too-large');
  });

  test('messages within messages end with archive-too-deep', async () => {
    let nested = await fixture('delivery.zip');
    for (let depth = 0; depth < 4; depth++) nested = await encrypted(nested);

    const report = await read(nested, 'nested.pgp', { keys: [await key('old')] });

    expect(report).toMatchObject({ status: 'failed', errorCode: 'archive-too-deep' });
  });

  test('a failure of the source itself is propagated and not attributed to the file', async () => {
    const file = await fixture('to-old.zip.pgp');
    const open = pgpOpener({
      keysText: async () => JSON.stringify([await key('old')]),
      maxPlaintextBytes: 1e6,
    });
    async function* failing(): AsyncGenerator<Buffer> {
      yield file.subarray(0, 800);
      throw new Error('the connection to S3 was lost');
    }

    await expect(
      open(failing(), receivedAt, new UnpackBudget(defaultArchiveLimits, file.length)),
    ).rejects.toThrow('the connection to S3 was lost');
  });
});

/** Encrypted to the old key and compressed, as openpgp.js does it. */
async function encrypted(plaintext: Buffer): Promise<Buffer> {
  const message = await encrypt({
    message: await createMessage({ binary: new Uint8Array(plaintext) }),
    encryptionKeys: await readKey({ armoredKey: (await fixture('public-key.asc')).toString() }),
    format: 'binary',
    config: { preferredCompressionAlgorithm: enums.compression.zlib },
  });
  return Buffer.from(message);
}

test.each(['to-old.zip.pgp', 'to-old.zip.asc'])(
  'two messages joined fail, and the second is named by its offset: %s',
  async (name) => {
    const one = await fixture(name);

    const report = await read(Buffer.concat([one, one]), name, { keys: [await key('old')] });

    expect(report).toMatchObject({ status: 'failed', blocks: 0 });
    expect(report.errorCode).toMatch(/^pgp-/);
    if (report.errorCode === 'pgp-corrupt') expect(report.errorMessage).toContain(`at byte ${one.length}`);
  },
);
