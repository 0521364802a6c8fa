import { CfnOutput, SecretValue, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';
import type { IngestFunction } from './ingest-function.ts';
import { removalPolicyOf } from './removal-policy.ts';

/**
 * The private keys that decrypt deliveries, as JSON: `[{"privateKey": "-----BEGIN PGP PRIVATE …", "passphrase": "…"}]`, several
 * while one replaces another. Deployed empty; an operator stores the keys, and no later deployment overwrites them.
 */
export class PgpKeys extends Construct {
  private readonly secret: Secret;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'smt-ingest: private PGP keys of encrypted deliveries, [{"privateKey", "passphrase"}]',
      secretStringValue: SecretValue.unsafePlainText('[]'),
      removalPolicy: removalPolicyOf(settings),
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: 'Keys change when sender and receiver agree on it; both are kept until the last old delivery.',
    });
    new CfnOutput(this, 'SecretArn', { value: this.secret.secretArn });
  }

  /** Lets a function read the keys. */
  grantRead(fn: IngestFunction): void {
    fn.setEnvironment('pgpKeysSecretArn', this.secret.secretArn);
    fn.allow(['secretsmanager:GetSecretValue'], [this.secret.secretArn]);
  }
}
