import type { APIGatewayProxyEventV2, S3Event } from 'aws-lambda';
import type { LocalFunctions } from '../functions.ts';
import type { InvocationResult } from '../lambda/protocol.ts';
import { localAccountId as accountId } from '../queues.ts';
import type { RunningServices } from '../services.ts';
import type { ScheduleDescription } from '../template/description.ts';
import { AccessDeniedError } from './access-denied-error.ts';

/** How AWS services invoke functions: each only if a policy allows it. */
export interface AuthorizedInvoke {
  readonly fromBucket: (functionId: string, event: unknown) => void;
  readonly fromSchedule: (schedule: ScheduleDescription) => void;
  readonly fromApi: (functionId: string, event: unknown) => Promise<InvocationResult>;
}

const action = 'lambda:InvokeFunction';

export function authorizedInvoke(
  { description, authority, local }: RunningServices,
  functions: LocalFunctions,
): AuthorizedInvoke {
  const arnOf = (functionId: string) => functions.get(functionId).description.arn;
  return {
    fromBucket: (functionId, event) => {
      const { arn } = (event as S3Event).Records[0]?.s3.bucket ?? { arn: '' };
      if (
        isLet(() =>
          authority.authorizeService('s3.amazonaws.com', action, arnOf(functionId), { arn, accountId }),
        )
      )
        functions.invokeAsync(functionId, event);
    },
    fromSchedule: ({ functionId, roleId, payload }) => {
      const role = description.policies.ofRoles.get(roleId ?? '');
      if (isLet(() => authority.authorizeRole(role, action, arnOf(functionId))))
        functions.invokeAsync(functionId, payload);
    },
    fromApi: async (functionId, event) => {
      const [method, path] = (event as APIGatewayProxyEventV2).routeKey.split(' '); // the path with its {parameters}
      const { apiId } = description.routes.find((route) => route.functionId === functionId) ?? { apiId: '' };
      const arn = `arn:aws:execute-api:${local.region}:${accountId}:${apiId}/$default/${method}${path}`;
      const service = 'apigateway.amazonaws.com';
      if (isLet(() => authority.authorizeService(service, action, arnOf(functionId), { arn, accountId })))
        return functions.invoke(functionId, event);
      const error = {
        errorType: 'AccessDenied',
        errorMessage: `${service} may not invoke ${functionId}`,
        trace: [],
      };
      return { outcome: 'error', requestId: '', error };
    },
  };
}

/** AWS reports such a failure only in the service's own metrics. */
function isLet(authorize: () => void): boolean {
  try {
    authorize();
    return true;
  } catch (error) {
    if (!(error instanceof AccessDeniedError)) throw error;
    console.error(error.message);
    return false;
  }
}
