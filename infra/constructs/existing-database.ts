import { CfnParameter, Stack, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { DatabaseRole } from '../../shared/storage/roles.ts';
import type { Settings } from '../config/settings.ts';
import { IngestDatabase } from './ingest-database.ts';
import type { IngestFunction } from './ingest-function.ts';

/**
 * A Postgres that exists already, reached over TLS by the connection strings in a secret, one for each role. Functions run
 * outside of any VPC, or in the one that the settings name.
 */
export class ExistingDatabase extends IngestDatabase {
  private readonly secretArn: string;
  private readonly vpc: Settings['vpc'];

  constructor(scope: Construct, id: string, { vpc }: Settings) {
    super(scope, id);
    this.vpc = vpc;
    const secretArn = new CfnParameter(this, 'SecretArn', {
      description: 'Complete ARN of the secret with the connection strings; see infra/DEPLOY.md',
      allowedPattern: 'arn:aws[a-z-]*:secretsmanager:.+',
    });
    secretArn.overrideLogicalId('DatabaseSecretArn');
    Validations.of(Stack.of(this)).acknowledge({
      id: 'CloudFormation-Validate::W2509',
      reason: 'The parameter is the name of a secret, not a secret.',
    });
    this.secretArn = secretArn.valueAsString;
  }

  /** Its provider monitors it; if it is unavailable, errors, message age and queue length show it. */
  alarmDefinitions(): [] {
    return [];
  }

  widgets(): [] {
    return [];
  }

  protected migrationPrerequisites(): [] {
    return [];
  }

  protected grantConnect(fn: IngestFunction, _role: DatabaseRole): void {
    fn.setEnvironment('databaseSecretArn', this.secretArn);
    fn.allow(['secretsmanager:GetSecretValue'], [this.secretArn]);
    if (this.vpc === null) return;
    fn.placeIn(this.vpc);
    if (this.vpc.dualStack) fn.useDualStackEndpoints();
  }
}
