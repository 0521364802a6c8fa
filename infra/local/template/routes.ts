import { functionIdOf, type ReadContext, resourcesOf } from './context.ts';
import type { AuthorizerDescription, CorsDescription, RouteDescription } from './description.ts';
import { TemplateError } from './errors.ts';

/** API Gateway's limit on an integration, and its default. */
const integrationTimeoutMs = 30_000;

interface IntegrationDescription {
  readonly functionId: string;
  readonly timeoutMs: number;
}

/** The routes of the stack's HTTP API, with the functions behind them. */
export function readRoutes(context: ReadContext): readonly RouteDescription[] {
  const integrations = readIntegrations(context);
  const authorizers = readAuthorizers(context);
  return resourcesOf(context, 'AWS::ApiGatewayV2::Route').map(({ properties }) => {
    const target = properties.text('Target').replace(/^integrations\//, '');
    const integration = integrations.get(target) ?? properties.fail(`${target} is not an integration`);
    const authorization = properties.value<string>('AuthorizationType') ?? 'NONE';
    const authorizerId = properties.value<string>('AuthorizerId') ?? '';
    const authorizer = authorization === 'NONE' ? undefined : authorizers.get(authorizerId);
    if (authorization !== 'NONE' && !authorizer)
      properties.fail(`unsupported authorization ${authorization}`);
    const routeKey = properties.text('RouteKey');
    const apiId = properties.text('ApiId');
    properties.ignore('OperationName');
    properties.done();
    return { routeKey, apiId, ...integration, authorizer };
  });
}

function readIntegrations(context: ReadContext): ReadonlyMap<string, IntegrationDescription> {
  const integrations = resourcesOf(context, 'AWS::ApiGatewayV2::Integration').map(
    ({ logicalId, properties }) => {
      if (properties.text('IntegrationType') !== 'AWS_PROXY') properties.fail('only AWS_PROXY runs here');
      if (properties.text('PayloadFormatVersion') !== '2.0')
        properties.fail('only payload format 2.0 runs here');
      const functionId = functionIdOf(context, properties.text('IntegrationUri'), properties.where);
      const timeoutMs = properties.number('TimeoutInMillis', integrationTimeoutMs) * context.timeScale;
      properties.ignore('ApiId', 'IntegrationMethod');
      properties.done();
      return [logicalId, { functionId, timeoutMs }] as const;
    },
  );
  return new Map(integrations);
}

function readAuthorizers(context: ReadContext): ReadonlyMap<string, AuthorizerDescription> {
  const authorizers = resourcesOf(context, 'AWS::ApiGatewayV2::Authorizer').map(
    ({ logicalId, properties }) => {
      const type = properties.text('AuthorizerType');
      if (type !== 'REQUEST') properties.fail(`the local run cannot authorize by ${type}`);
      if (properties.value('EnableSimpleResponses') !== true)
        properties.fail('only simple responses run here');
      const functionId = functionIdOf(context, properties.text('AuthorizerUri'), properties.where);
      const identitySources = properties.list<string>('IdentitySource');
      // Invoked for every request here, so that the result is never stale.
      properties.ignore('ApiId', 'AuthorizerPayloadFormatVersion', 'AuthorizerResultTtlInSeconds', 'Name');
      properties.done();
      return [logicalId, { functionId, identitySources }] as const;
    },
  );
  return new Map(authorizers);
}

/** The CORS configuration of the stack's HTTP API, undefined when it has none. */
export function readCors(context: ReadContext): CorsDescription | undefined {
  const [api, ...others] = resourcesOf(context, 'AWS::ApiGatewayV2::Api');
  if (others.length > 0)
    throw new TemplateError(context.account.stackName, 'the local run serves one HTTP API');
  if (!api) return undefined;
  const { properties } = api;
  properties.ignore('DisableExecuteApiEndpoint', 'Name', 'ProtocolType');
  const hasCors = api.resource.Properties?.CorsConfiguration !== undefined;
  const cors = properties.object('CorsConfiguration');
  properties.done();
  const description: CorsDescription = {
    allowOrigins: cors.list('AllowOrigins'),
    allowMethods: cors.list('AllowMethods'),
    allowHeaders: cors.list('AllowHeaders'),
    exposeHeaders: cors.list('ExposeHeaders'),
    allowCredentials: cors.value<boolean>('AllowCredentials') ?? false,
    maxAgeSeconds: cors.value<number>('MaxAge'),
  };
  cors.done();
  return hasCors ? description : undefined;
}
