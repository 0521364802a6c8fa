import { CfnOutput } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { IngestFunction } from './ingest-function.ts';

/** The token that every admin route asks for, made by Secrets Manager and known to nobody else. */
export class AdminToken extends Construct {
  private readonly secret: Secret;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: 'smt-ingest: admin token of the HTTP API',
      generateSecretString: { excludePunctuation: true, passwordLength: 48 },
    });
    new CfnOutput(this, 'SecretArn', { value: this.secret.secretArn });
  }

  /** Lets a function read the token, to compare what a request brings with it. */
  guards(fn: IngestFunction): void {
    fn.setEnvironment('adminTokenSecretArn', this.secret.secretArn);
    this.secret.grantRead(fn);
  }
}
