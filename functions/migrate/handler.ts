import { functionDatabase, functionDatabaseGrantees } from '../../shared/aws/function-database.ts';
import { optionalEnvironment } from '../../shared/environment.ts';
import { logger } from '../../shared/observability/logger.ts';
import { DatabaseNewerError } from '../../shared/storage/errors.ts';
import { grantRoles } from '../../shared/storage/schema/grant-roles.ts';
import { migrate } from '../../shared/storage/schema/migrate.ts';

/**
 * Migrates the schema and grants the roles their rights on it. Runs in each deployment before anything uses the schema. When
 * CloudFormation rolls a deployment back, the previous version runs on the newer schema, which is fine because migrations only
 * add; an error here would end in UPDATE_ROLLBACK_FAILED.
 */
export const handler = async (): Promise<void> => {
  const database = await functionDatabase();
  try {
    const distribution = optionalEnvironment('databaseDistribution') === 'citus' ? 'citus' : 'single';
    const applied = await migrate(database, { distribution });
    const grantees = await functionDatabaseGrantees();
    await grantRoles(database, grantees);
    logger.info('schema migrated', { applied, ...grantees });
  } catch (error) {
    if (!(error instanceof DatabaseNewerError)) throw error;
    logger.warn('schema is newer than this version and left as it is', { error });
  }
};
