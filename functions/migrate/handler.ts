import { functionDatabase, functionDatabaseUsers } from '../../shared/aws/function-database.ts';
import { logger } from '../../shared/observability/logger.ts';
import { DatabaseNewerError } from '../../shared/storage/errors.ts';
import { grantRoles } from '../../shared/storage/schema/grant-roles.ts';
import { migrate } from '../../shared/storage/schema/migrate.ts';

/**
 * Brings the database's schema and the rights of its users up to this version; runs at each deployment, before anything
 * uses the schema. When CloudFormation rolls a deployment back it runs the version before on the schema after, which is
 * well, since migrations only add. Were that an error, the stack would end in UPDATE_ROLLBACK_FAILED.
 */
export const handler = async (): Promise<void> => {
  const database = await functionDatabase();
  try {
    const applied = await migrate(database);
    const { writer, reader } = await functionDatabaseUsers();
    await grantRoles(database, { writer, reader });
    logger.info('schema migrated', { applied, writer, reader });
  } catch (error) {
    if (!(error instanceof DatabaseNewerError)) throw error;
    logger.warn('schema is newer than this version and left as it is', { error });
  }
};
