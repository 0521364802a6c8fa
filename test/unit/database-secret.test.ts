import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { InvalidDatabaseSecretError, readDatabaseSecret } from '../../shared/aws/database-secret.ts';

const urls = {
  owner: 'postgres://o%40x:pw-owner@db.example:5432/smt?sslmode=disable',
  writer: 'postgres://w:pw-writer@db.example:5432/smt',
  reader: 'postgres://r:pw-reader@db.example:5432/smt',
};

/** The regions of RDS whose authorities a connection trusts. */
function authoritiesOf(url: string): (string | undefined)[] {
  const { ssl } = readDatabaseSecret(url, 'writer');
  const ca = typeof ssl === 'object' && Array.isArray(ssl.ca) ? (ssl.ca as string[]) : [];
  const subjects = ca.map((pem) => new X509Certificate(pem).subject);
  return subjects.flatMap((subject) => /Amazon RDS ([a-z]+-\S+) /.exec(subject)?.[1] ?? []);
}

describe('the secret with connection strings', () => {
  test('gives each role its own user, over verified TLS whatever the URL says', () => {
    const connection = readDatabaseSecret(JSON.stringify(urls), 'owner');

    expect(connection.connectionString).toBe('postgres://o%40x:pw-owner@db.example:5432/smt');
    expect(connection.ssl).toEqual({ rejectUnauthorized: true });
  });

  test('may be one connection string, for all roles', () => {
    const connection = readDatabaseSecret(urls.writer, 'reader');

    expect(connection.connectionString).toBe(urls.writer);
  });

  test('may name a schema and the authority of the server', () => {
    const secret = JSON.stringify({ ...urls, schema: 'smt', ca: '-----BEGIN CERTIFICATE-----' });

    const connection = readDatabaseSecret(secret, 'reader');

    expect(new URL(connection.connectionString ?? '').searchParams.get('options')).toBe(
      '-c search_path="smt"',
    );
    expect(connection.ssl).toEqual({ rejectUnauthorized: true, ca: '-----BEGIN CERTIFICATE-----' });
  });

  test('trusts the authorities of RDS for a host of RDS, in its region', () => {
    const ofRegion = (region: string) =>
      authoritiesOf(`postgres://w:pw-writer@main.abc123.${region}.rds.amazonaws.com:5432/smt`);

    expect(ofRegion('us-east-1')).toContain('us-east-1');
    expect(ofRegion('us-east-1')).not.toContain('eu-west-1');
    expect(ofRegion('xx-nowhere-1')).toEqual([]);
    expect(authoritiesOf(urls.writer)).toEqual([]);
  });

  test('leaves TLS to the URL when configured so', () => {
    const connection = readDatabaseSecret(JSON.stringify({ ...urls, tls: 'as-in-url' }), 'owner');

    expect(connection).toEqual({ connectionString: urls.owner });
  });

  test.each([
    ['a role is missing', JSON.stringify({ owner: urls.owner, writer: urls.writer }), 'reader'],
    ['a URL is none', JSON.stringify({ ...urls, writer: 'pw-writer at db' }), 'writer'],
    ['a field is unknown', JSON.stringify({ ...urls, scheme: 'smt' }), 'scheme'],
    ['it is neither', 'pw-of-someone', 'postgres:// URL'],
    ['it is broken JSON', '{"owner": "pw-of-someone', 'neither'],
  ])('is rejected when %s, naming the field and no password', (_, text, named) => {
    const read = () => readDatabaseSecret(text, 'reader');

    expect(read).toThrow(InvalidDatabaseSecretError);
    expect(read).toThrow(named);
    expect(read).not.toThrow(/pw-/);
  });
});
