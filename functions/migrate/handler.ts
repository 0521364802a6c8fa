import { Logger } from '@aws-lambda-powertools/logger';
import { functionDatabase } from '../../shared/aws/function-database.ts';
import { migrate } from '../../shared/storage/migrate.ts';

const logger = new Logger();

/** Brings the database's schema up to this version; runs at each deployment, before anything uses the schema. */
export const handler = async (): Promise<void> => {
  const applied = await migrate(await functionDatabase());
  logger.info('schema migrated', { applied });
};
