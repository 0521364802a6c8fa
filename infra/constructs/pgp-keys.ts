import { CfnOutput, RemovalPolicy, SecretValue, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { settingsOf } from '../config/settings.ts';
import type { IngestFunction } from './ingest-function.ts';

/**
 * The private keys that encrypted deliveries are opened with, as JSON: `[{"privateKey": "-----BEGIN PGP PRIVATE …",
 * "passphrase": "…"}]`, several while one takes over from another. Deployed without any; whoever has the keys puts them
 * there, and no deployment takes them away again.
 */
export class PgpKeys extends Construct {
  private readonly secret: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'smt-ingest: private PGP keys of encrypted deliveries, [{"privateKey", "passphrase"}]',
      secretStringValue: SecretValue.unsafePlainText('[]'),
      removalPolicy: settingsOf(this).retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: 'Keys change when the sender and we agree on it; old and new are kept side by side until then.',
    });
    new CfnOutput(this, 'SecretArn', { value: this.secret.secretArn });
  }

  /** Lets a function read the keys. */
  usedBy(fn: IngestFunction): void {
    fn.setEnvironment('pgpKeysSecretArn', this.secret.secretArn);
    this.secret.grantRead(fn);
  }
}
