import { CfnOutput, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  type HttpRoute,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { operationsOf, type Routes, routeKeyOf } from '../../shared/http/route.ts';
import type { Settings } from '../config/settings.ts';
import type { IngestFunction } from './ingest-function.ts';
import { removalPolicyOf } from './removal-policy.ts';

/** One line per request. Neither query nor headers, so no token and no ESIID. */
const accessLogFields = {
  requestId: '$context.requestId',
  requestTime: '$context.requestTime',
  sourceIp: '$context.identity.sourceIp',
  userAgent: '$context.identity.userAgent',
  routeKey: '$context.routeKey',
  status: '$context.status',
  responseLength: '$context.responseLength',
  responseLatencyMs: '$context.responseLatency',
  integrationLatencyMs: '$context.integrationLatency',
  integrationError: '$context.integrationErrorMessage',
};

/** The HTTP API. Each admin function compares the token itself: an authorizer could only return 403, with API Gateway's body. */
export class IngestApi extends Construct {
  readonly api: HttpApi;
  readonly accessLogs: LogGroup;
  /** Scheme and host, as browsers send them in `Origin`. */
  readonly origin: string;

  constructor(scope: Construct, id: string, settings: Settings) {
    super(scope, id);
    this.api = new HttpApi(this, 'HttpApi', { createDefaultStage: false });
    this.accessLogs = new LogGroup(this, 'AccessLogs', {
      retention: settings.logRetentionDays,
      removalPolicy: removalPolicyOf(settings),
    });
    const { ratePerSecond, burst } = settings.apiThrottle;
    new HttpStage(this, 'Stage', {
      httpApi: this.api,
      autoDeploy: true,
      throttle: { rateLimit: ratePerSecond, burstLimit: burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLogs),
        format: AccessLogFormat.custom(JSON.stringify(accessLogFields)),
      },
    });
    this.origin = this.api.apiEndpoint;
    new CfnOutput(this, 'Url', { value: this.api.apiEndpoint, description: 'API and pages' });
  }

  /** Sends the requests of these routes to a function. */
  serve(routes: Routes, fn: IngestFunction): void {
    for (const { route } of operationsOf(routes)) this.route(routeKeyOf(route), fn);
  }

  /** Sends the requests for these pages to a function. */
  servePages(paths: readonly string[], fn: IngestFunction): void {
    for (const path of paths) this.route(`GET ${path}`, fn);
  }

  private route(routeKey: string, fn: IngestFunction): void {
    const [method, path] = routeKey.split(' ') as [keyof typeof HttpMethod, string];
    const routes: HttpRoute[] = this.api.addRoutes({
      path,
      methods: [HttpMethod[method]],
      integration: new HttpLambdaIntegration(`${fn.node.id}Integration`, fn),
    });
    for (const added of routes) {
      Validations.of(added).acknowledge({
        id: 'AwsSolutions::AwsSolutions-APIG4',
        reason:
          'The function itself compares the token and returns 401 as documented; an authorizer of an HTTP API could only ' +
          'return 403 with a body of its own. /health and the pages contain nothing to protect.',
      });
    }
  }
}
