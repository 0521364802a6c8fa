import { CfnOutput } from 'aws-cdk-lib';
import { HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Construct } from 'constructs';
import type { IngestFunction } from './ingest-function.ts';

type Route = `${'GET' | 'POST'} /${string}`;

/** The HTTP API: routes to functions. Each admin function compares the token itself, so that a refusal is a 401 in the API's own words. */
export class IngestApi extends Construct {
  private readonly api: HttpApi;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.api = new HttpApi(this, 'HttpApi');
    new CfnOutput(this, 'Url', { value: this.api.apiEndpoint });
  }

  route(route: Route, fn: IngestFunction): void {
    const [method, path] = route.split(' ') as [keyof typeof HttpMethod, string];
    this.api.addRoutes({
      path,
      methods: [HttpMethod[method]],
      integration: new HttpLambdaIntegration(`${fn.node.id}Integration`, fn),
    });
  }
}
