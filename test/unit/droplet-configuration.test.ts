import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readApiConfiguration, readSyncConfiguration } from '../../infra/droplet/configuration.ts';
import { parseEnvironmentFile, readEnvironment } from '../../infra/droplet/environment-file.ts';
import { parseArguments } from '../../infra/droplet/parse-arguments.ts';
import { parsePinnedHostKeys } from '../../infra/droplet/sftp/host-key.ts';

const complete = {
  ADMIN_TOKEN: 'token',
  INTELLIWATT_BASE_URL: 'https://intelliwatt.example/',
  SMT_HOST: 'sftp.example',
  SMT_USER: 'someone',
  SMT_PASSWORD: 'secret',
  SMT_REMOTE_DIR: '/adhocusage',
  SMT_LOCAL_DIR: '/home/deploy/smt_inbox',
};

describe('the environment file', () => {
  test('is read as systemd reads it', () => {
    const text = [
      '# the droplet',
      'ADMIN_TOKEN="to#ken"',
      "SMT_USER='some one'",
      'SMT_HOST=sftp.example   ',
      '; SMT_HOST=other',
      'export SMT_PORT=2222',
      'not a line',
      'SMT_KEY=',
    ].join('\r\n');

    expect(parseEnvironmentFile(text)).toEqual({
      ADMIN_TOKEN: 'to#ken',
      SMT_USER: 'some one',
      SMT_HOST: 'sftp.example',
      SMT_PORT: '2222',
      SMT_KEY: '',
    });
  });

  test('that was named and cannot be read is an error; the usual one may be missing', () => {
    expect(() => readEnvironment({}, '/nowhere/at/all')).toThrow('/nowhere/at/all cannot be read (ENOENT)');
    expect(readEnvironment({ SMT_HOST: 'set' }, undefined)).toMatchObject({ SMT_HOST: 'set' });
  });

  test('that exists but cannot be read is reported, unless systemd has set all of it', () => {
    const unreadable = '/'; // for root too
    expect(() => readEnvironment({}, undefined, unreadable)).toThrow('/ cannot be read (EISDIR)');
    expect(readEnvironment({ ADMIN_TOKEN: 'set' }, undefined, unreadable)).toEqual({ ADMIN_TOKEN: 'set' });
  });
});

describe('the configuration', () => {
  test('of an existing droplet suffices', () => {
    expect(readSyncConfiguration(complete)).toMatchObject({
      api: { baseUrl: 'https://intelliwatt.example', adminToken: 'token' },
      sftp: { host: 'sftp.example', port: 22, user: 'someone', password: 'secret', hostKeys: null },
      settleMs: 60_000,
    });
  });

  test.each([
    'ADMIN_TOKEN',
    'INTELLIWATT_BASE_URL',
    'SMT_HOST',
    'SMT_USER',
    'SMT_REMOTE_DIR',
    'SMT_LOCAL_DIR',
  ])('without %s is rejected by name', (name) => {
    expect(() => readSyncConfiguration({ ...complete, [name]: ' ' })).toThrow(`${name} is not set`);
  });

  test('names everything that is wrong at once, and no secret', () => {
    const wrong = {
      ...complete,
      SMT_PASSWORD: undefined,
      SMT_PORT: 'ssh',
      SMT_HOST: '',
      SMT_HOST_KEY: 'maybe',
    };

    expect(() => readSyncConfiguration(wrong)).toThrow(
      /SMT_KEY.*SMT_PASSWORD.*SMT_HOST is not set.*SMT_PORT.*SMT_HOST_KEY/,
    );
  });

  test.each(['http://intelliwatt.example', 'intelliwatt.example', 'ftp://intelliwatt.example'])(
    'sends no token to %s',
    (url) => {
      expect(() => readApiConfiguration({ ...complete, INTELLIWATT_BASE_URL: url })).toThrow('https://');
    },
  );

  test('with a key that is not there says so', () => {
    expect(() => readSyncConfiguration({ ...complete, SMT_KEY: '/nowhere/key' })).toThrow(
      'SMT_KEY: the private SSH key /nowhere/key cannot be read (ENOENT)',
    );
  });
});

describe('pinned host keys', () => {
  const publicKey = readFileSync(new URL('../fixtures/ssh/host.pub', import.meta.url), 'utf8');

  test('are public keys, lines of known_hosts and fingerprints, one or several', () => {
    const [fingerprint] = parsePinnedHostKeys(publicKey) ?? [];
    const other = `SHA256:${'A'.repeat(43)}`;

    expect(parsePinnedHostKeys(`[sftp.example]:2222,10.0.0.1 ${publicKey}`)).toEqual(new Set([fingerprint]));
    expect(parsePinnedHostKeys(`${publicKey.trim()}, ${other}`)).toEqual(new Set([fingerprint, other]));
    expect(fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  test('are not made up from something else', () => {
    expect(parsePinnedHostKeys('MD5:aa:bb:cc')).toBeNull();
    expect(parsePinnedHostKeys('SHA256:short')).toBeNull();
  });
});

describe('the command line', () => {
  const nowMs = Date.parse('2025-06-15T12:00:00Z');
  const parse = (args: readonly string[], print: (text: string) => void = () => undefined) =>
    parseArguments(args, { nowMs, version: '1.2.3', print });

  test('says what to sync', () => {
    const args = ['sync', '--once', '--since', '36h', '--concurrency', '8', '--env-file', 'e'];

    expect(parse(args)).toEqual({
      name: 'sync',
      envFile: 'e',
      options: { once: true, dryRun: false, since: new Date('2025-06-14T00:00:00Z'), concurrency: 8 },
    });
  });

  test('takes dates and times to sync since', () => {
    const since = (text: string) => parse(['sync', '--since', text]);

    expect(since('2025-01-31')).toMatchObject({ options: { since: new Date('2025-01-31T00:00:00Z') } });
    expect(since('2025-01-31T06:00:00-06:00')).toMatchObject({
      options: { since: new Date('2025-01-31T12:00:00Z') },
    });
  });

  test.each([
    [['sync', '--since', 'yesterday'], /--since.*an age such as 36h/],
    [['sync', '--concurrency', '0'], /--concurrency.*from 1 to 128/],
    [['sync', '--twice'], /^unknown option '--twice'\. See smt-droplet --help\.$/],
    [['sync', 'file.csv'], /too many arguments for 'sync'/],
    [['push'], /missing required argument 'file'/],
    [['fetch'], /unknown command 'fetch'/],
  ])('%j is rejected', (args, message) => {
    expect(() => parse(args)).toThrow(message);
  });

  test.each([
    [[], 'Usage: smt-droplet'],
    [['--help'], 'Exit status:'],
    [['sync', '--help'], '--since <time>'],
    [['--version'], '1.2.3'],
  ])('%j prints, and runs nothing', (args, text) => {
    let printed = '';

    const command = parse(args, (more) => {
      printed += more;
    });

    expect(command).toBeNull();
    expect(printed).toContain(text);
  });
});

describe('the sample environment file', () => {
  test('names every variable that the configuration reads, and no other', () => {
    const read = (name: string) =>
      readFileSync(new URL(`../../infra/droplet/${name}`, import.meta.url), 'utf8');
    const namesIn = (text: string) => new Set(text.match(/\b(?:SMT|ADMIN|INTELLIWATT)_[A-Z_]+\b/g));

    expect(namesIn(read('systemd/smt-droplet.env.example'))).toEqual(namesIn(read('configuration.ts')));
  });
});
