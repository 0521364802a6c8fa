import { CfnOutput, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';
import type { IngestFunction } from './ingest-function.ts';

/** The token that every admin route asks for, made by Secrets Manager and known to nobody else. */
export class AdminToken extends Construct {
  private readonly secret: Secret;

  constructor(scope: Construct, id: string, { retainData }: Settings) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'smt-ingest: admin token of the HTTP API',
      generateSecretString: { excludePunctuation: true, passwordLength: 48 },
      removalPolicy: retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    Validations.of(this.secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason:
        'People and the droplet hold the token, so a schedule would lock them out; infra/RUNBOOK.md says how to rotate ' +
        'it, and the old one stays valid for a day.',
    });
    new CfnOutput(this, 'SecretArn', { value: this.secret.secretArn, description: 'Holds the admin token' });
  }

  /** Lets a function read the token, to compare what a request brings with it. */
  guards(fn: IngestFunction): void {
    fn.setEnvironment('adminTokenSecretArn', this.secret.secretArn);
    this.secret.grantRead(fn);
  }
}
