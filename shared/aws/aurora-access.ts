import { Signer } from '@aws-sdk/rds-signer';
import type { DatabaseRole } from '../storage/roles.ts';
import { auroraUserOf, auroraUsers } from './aurora-users.ts';
import type { DatabaseAccess } from './database-secret.ts';

/**
 * How a role connects to our own Aurora: over TLS, with a token instead of a password, signed here for each connection
 * (it lives 15 minutes, a connection longer).
 * @param endpoint `host:port/name`
 */
export function auroraAccess(endpoint: string, role: DatabaseRole): DatabaseAccess {
  const { hostname, port, pathname } = new URL(`postgres://${endpoint}`);
  const user = auroraUserOf(role);
  const signer = new Signer({ hostname, port: Number(port), username: user });
  return {
    connection: {
      host: hostname,
      port: Number(port),
      database: pathname.slice(1),
      user,
      password: () => signer.getAuthToken(),
      ssl: { rejectUnauthorized: true },
    },
    users: auroraUsers(),
  };
}
