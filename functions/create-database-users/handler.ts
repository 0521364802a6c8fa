import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseResumingException, ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import type { Context } from 'aws-lambda';
import { auroraReaders, auroraUsers } from '../../shared/aws/aurora-users.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import { logger } from '../../shared/observability/logger.ts';
import { createUsersStatement } from '../../shared/storage/schema/create-users-statement.ts';

const rdsData = new RDSDataClient();

const resumePauseMs = 5_000;

/**
 * Creates the users that the other functions log in as. Runs as the administrator through the Data API, so it needs no route
 * into the VPC, and no other function can read that password. Safe to repeat.
 */
export const handler = async (_event: unknown, context: Context): Promise<void> => {
  const { auroraArn, auroraAdminSecretArn, auroraDatabase } = requireEnvironment(
    ...(['auroraArn', 'auroraAdminSecretArn', 'auroraDatabase'] as const),
  );
  const users = auroraUsers();
  const command = new ExecuteStatementCommand({
    resourceArn: auroraArn,
    secretArn: auroraAdminSecretArn,
    database: auroraDatabase,
    sql: createUsersStatement(users, auroraReaders),
  });
  for (;;) {
    try {
      await rdsData.send(command);
      break;
    } catch (error) {
      // A request to a paused Aurora fails, but resumes it.
      const hasTime = context.getRemainingTimeInMillis() > 2 * resumePauseMs;
      if (!(error instanceof DatabaseResumingException) || !hasTime) throw error;
      await sleep(resumePauseMs);
    }
  }
  logger.info('database users exist', { users });
};
