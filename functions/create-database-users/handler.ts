import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseResumingException, ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import type { Context } from 'aws-lambda';
import { auroraUsers } from '../../shared/aws/aurora-users.ts';
import { requireEnvironment } from '../../shared/environment.ts';
import { logger } from '../../shared/observability/logger.ts';
import { createUsersStatement } from '../../shared/storage/schema/create-users-statement.ts';

const rdsData = new RDSDataClient();

const resumePauseMs = 5_000;

/**
 * Makes the users that the other functions log in as. It goes through the Data API as the administrator, so that it needs
 * no network of its own and no other function ever sees that password. Safe to repeat.
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
    sql: createUsersStatement(users),
  });
  for (;;) {
    try {
      await rdsData.send(command);
      break;
    } catch (error) {
      // A paused Aurora wakes up when asked, and says so instead of answering.
      const hasTime = context.getRemainingTimeInMillis() > 2 * resumePauseMs;
      if (!(error instanceof DatabaseResumingException) || !hasTime) throw error;
      await sleep(resumePauseMs);
    }
  }
  logger.info('database users exist', { users });
};
