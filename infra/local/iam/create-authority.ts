import type { StackDescription } from '../template/description.ts';
import { type Access, PolicyAuthority, type Principal } from './authority.ts';
import { type Credentials, newCredentials } from './credentials.ts';

export interface CreatedAuthority {
  readonly authority: PolicyAuthority;
  /** The keys of each function's role, by the function's logical id. */
  readonly functionCredentials: ReadonlyMap<string, Credentials>;
}

export interface AuthorityOptions {
  readonly accountId: string;
  /** The operator's keys, if they are used. */
  readonly operator?: Credentials;
  readonly onAccess?: ((access: Access) => void) | undefined;
}

/** Gives every function keys of its own, with the rights of its role, and the operator keys with all rights. */
export function createAuthority(
  { functions, policies }: Pick<StackDescription, 'functions' | 'policies'>,
  { accountId, operator: operatorCredentials = newCredentials(), onAccess }: AuthorityOptions,
): CreatedAuthority {
  const operator: Principal = {
    name: `arn:aws:iam::${accountId}:root`,
    roleArn: `arn:aws:iam::${accountId}:root`,
    credentials: operatorCredentials,
    statements: undefined,
  };
  const principals = functions.map(({ logicalId, name, functionName, roleId }) => {
    const role = policies.ofRoles.get(roleId);
    if (!role) throw new Error(`${name} has no role in the template`);
    const session = `arn:aws:sts::${accountId}:assumed-role/${role.name}/${functionName}`;
    const principal = {
      name: session,
      roleArn: role.arn,
      credentials: newCredentials(),
      statements: role.statements,
    };
    return [logicalId, principal] as const;
  });
  return {
    authority: new PolicyAuthority(
      [operator, ...principals.map(([, principal]) => principal)],
      policies.ofResources,
      onAccess,
    ),
    functionCredentials: new Map(principals.map(([id, { credentials }]) => [id, credentials])),
  };
}
