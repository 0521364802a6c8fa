import path from 'node:path';
import type { Credentials } from '../iam/credentials.ts';
import type { FunctionDescription } from '../template/description.ts';

/** Where the services are that functions call, and whose keys they sign with. */
export interface LocalServices {
  readonly region: string;
  /** The operator's, who may do everything. */
  readonly credentials: Credentials;
  /** Those of each function's role, by the function's logical id. */
  readonly functionCredentials: ReadonlyMap<string, Credentials>;
  readonly endpoints: {
    readonly s3: string;
    readonly sqs: string;
    readonly sns: string;
    readonly secretsManager: string;
    /** The Data API, where Aurora runs. */
    readonly rdsData?: string;
  };
}

/**
 * A function's whole environment: what Lambda sets, the endpoints of the local services, and the template's
 * variables. Nothing of this machine's environment, so that a variable missing in infra/ is missing here too.
 */
export function environmentOf(fn: FunctionDescription, services: LocalServices): Record<string, string> {
  const credentials = credentialsOf(fn.logicalId, services);
  const { rdsData } = services.endpoints;
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: fn.handler,
    LAMBDA_TASK_ROOT: fn.codeDir,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: fn.functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(fn.memorySizeMb),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_FORMAT: fn.logFormat,
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${fn.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_REGION: services.region,
    AWS_DEFAULT_REGION: services.region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9', // any other service: connection refused at once, instead of a call to AWS
    AWS_ENDPOINT_URL_S3: services.endpoints.s3,
    AWS_ENDPOINT_URL_SQS: services.endpoints.sqs,
    AWS_ENDPOINT_URL_SNS: services.endpoints.sns,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: services.endpoints.secretsManager,
    ...(rdsData && { AWS_ENDPOINT_URL_RDS_DATA: rdsData }),
    SMT_LOCAL_FUNCTION_ARN: fn.arn,
    // The compile cache is stored with the code and deleted with it; processes start faster.
    NODE_COMPILE_CACHE: path.join(path.dirname(fn.codeDir), 'compile-cache'),
    ...fn.environment,
  };
}

/** The keys of a function's role. */
export function credentialsOf(functionId: string, { functionCredentials }: LocalServices): Credentials {
  const credentials = functionCredentials.get(functionId);
  if (!credentials) throw new Error(`${functionId} has no role with keys`);
  return credentials;
}
