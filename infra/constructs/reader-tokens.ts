import { CfnOutput, SecretValue, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';
import type { IngestFunction } from './ingest-function.ts';
import { removalPolicyOf } from './removal-policy.ts';

/**
 * The tokens of programs that only read usage, by the name of each program: `{"main-app": "TOKEN", "analyst": ["OLD",
 * "NEW"]}`. Deployed without any; a name is added, rotated (a list, while old and new are both valid) and withdrawn there,
 * apart from the admin token.
 */
export class ReaderTokens extends Construct {
  private readonly secret: Secret;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'smt-ingest: tokens that read usage, {"NAME": "TOKEN" or ["TOKEN", …]}',
      secretStringValue: SecretValue.unsafePlainText('{}'),
      removalPolicy: removalPolicyOf(settings),
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: 'Each token is held by another program and rotated with it, by a person; see infra/RUNBOOK.md.',
    });
    new CfnOutput(this, 'SecretArn', {
      value: this.secret.secretArn,
      description: 'Holds the reader tokens',
    });
  }

  /** Lets a function read the tokens, to compare what a request has with them. */
  grantRead(fn: IngestFunction): void {
    fn.setEnvironment('readerTokensSecretArn', this.secret.secretArn);
    fn.allow(['secretsmanager:GetSecretValue'], [this.secret.secretArn]);
  }
}
