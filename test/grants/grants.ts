import type { Access } from '../../infra/local/iam/authority.ts';
import type { StackDescription } from '../../infra/local/template/description.ts';

/** One action that one statement allows. */
export interface Grant {
  /** Where the statement is: `RegisterRoleDefaultPolicy8C7B3E2A[2]`. */
  readonly statement: string;
  readonly action: string;
}

/** Grants that no emulator here checks, with their justification. */
const unasked: readonly (readonly [RegExp, string])[] = [
  [/^logs:(CreateLogStream|PutLogEvents)$/, 'Lambda writes the logs in the role of the function'],
  [/^sns:Publish$/, 'CloudWatch publishes alarms by the policy of their topic'],
];

/** Every grant of the stack that the local run enforces. */
export function grantsOf({ ofRoles, ofResources }: StackDescription['policies']): readonly Grant[] {
  const roles = [...ofRoles.values()].flatMap(({ statements }) => statements);
  return [...roles, ...ofResources]
    .filter(({ effect }) => effect === 'Allow')
    .flatMap(({ id, actions, principals }) =>
      actions
        .filter(
          (action) => !unasked.some(([pattern]) => pattern.test(action) && isUnasked(action, principals)),
        )
        .map((action) => ({ statement: id, action })),
    );
}

/** Functions do publish, to their own topic, by their role. */
function isUnasked(action: string, principals: readonly string[] | undefined): boolean {
  return action !== 'sns:Publish' || principals !== undefined;
}

/** Whether a call was allowed by this grant and by no other. */
export function isNeeded({ statement, action }: Grant, accesses: readonly Access[]): boolean {
  return accesses.some(
    (access) =>
      access.action === action &&
      access.decision.isAllowed &&
      access.decision.because.length === 1 &&
      access.decision.because[0]?.id === statement,
  );
}
