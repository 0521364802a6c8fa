import { Signer } from '@aws-sdk/rds-signer';
import type { DatabaseRole } from '../storage/roles.ts';
import { auroraUserOf } from './aurora-users.ts';
import type { DatabaseConnection } from './database-secret.ts';
import { rdsCertificates } from './rds-certificates.ts';

/**
 * How a role connects to our own Aurora: over TLS, and with an IAM token as the password, which is signed here for each
 * connection. A token is valid for 15 minutes; a connection may live longer.
 * @param endpoint `host:port/name`
 */
export function auroraConnection(endpoint: string, role: DatabaseRole): DatabaseConnection {
  const { hostname, port, pathname } = new URL(`postgres://${endpoint}`);
  const user = auroraUserOf(role);
  const signer = new Signer({ hostname, port: Number(port), username: user });
  const ca = rdsCertificates(hostname);
  return {
    host: hostname,
    port: Number(port),
    database: pathname.slice(1),
    user,
    password: () => signer.getAuthToken(),
    ssl: { rejectUnauthorized: true, ...(ca && { ca: [...ca] }) },
  };
}
