import { functionDatabase, functionDatabaseUsers } from '../../shared/aws/function-database.ts';
import { logger } from '../../shared/observability/logger.ts';
import { grantRoles } from '../../shared/storage/grant-roles.ts';
import { migrate } from '../../shared/storage/migrate.ts';

/**
 * Brings the database's schema and the rights of its users up to this version; runs at each deployment, before anything
 * uses the schema.
 */
export const handler = async (): Promise<void> => {
  const database = await functionDatabase();
  const applied = await migrate(database);
  const { writer, reader } = await functionDatabaseUsers();
  await grantRoles(database, { writer, reader });
  logger.info('schema migrated', { applied, writer, reader });
};
