import { AccessDeniedError } from './access-denied-error.ts';
import type { Credentials } from './credentials.ts';
import { type Decision, evaluate } from './evaluate.ts';
import type { Statement } from './statement.ts';

/** Resolves access keys, and authorizes requests before the emulators handle them. */
export interface Authority {
  /** The keys with this id; undefined if there are none. */
  credentialsOf(accessKeyId: string): Credentials | undefined;
  /** @throws AccessDeniedError naming principal, action and resource */
  authorize(accessKeyId: string, action: string, resource: string): void;
}

/** The owner of a pair of keys. */
export interface Principal {
  /** As error messages name it. */
  readonly name: string;
  /** The role, as policies name it. */
  readonly roleArn: string;
  readonly credentials: Credentials;
  /** The statements of the role; undefined for the operator of the local run, who may do whatever no policy denies. */
  readonly statements: readonly Statement[] | undefined;
}

/** A call that policies have allowed or denied. */
export interface Access {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly decision: Decision;
}

/** A loopback connection counts as TLS. */
const context = { 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' };

/** The policies of the synthesized template, enforced. */
export class PolicyAuthority implements Authority {
  private readonly principals: ReadonlyMap<string, Principal>;
  private readonly resourceStatements: readonly Statement[];
  private readonly onAccess: (access: Access) => void;

  /** @param resourceStatements those of all resource policies */
  constructor(
    principals: readonly Principal[],
    resourceStatements: readonly Statement[],
    onAccess: (access: Access) => void = () => undefined,
  ) {
    this.principals = new Map(principals.map((principal) => [principal.credentials.accessKeyId, principal]));
    this.resourceStatements = resourceStatements;
    this.onAccess = onAccess;
  }

  credentialsOf(accessKeyId: string): Credentials | undefined {
    return this.principals.get(accessKeyId)?.credentials;
  }

  authorize(accessKeyId: string, action: string, resource: string): void {
    const principal = this.principals.get(accessKeyId);
    if (!principal) throw new AccessDeniedError('nobody', action, resource, undefined);
    const { name, roleArn, statements = [operatorStatement] } = principal;
    const request = { principals: [roleArn], action, resource, context };
    this.decide(name, [...statements, ...this.resourceStatements], request);
  }

  /**
   * Whether a service may act on a resource by the resource's policy: S3 and API Gateway when they invoke a function.
   * @throws AccessDeniedError
   */
  authorizeService(service: string, action: string, resource: string, source: Source): void {
    const sourceContext = { 'aws:SourceArn': source.arn, 'aws:SourceAccount': source.accountId };
    const request = { principals: [service], action, resource, context: { ...context, ...sourceContext } };
    this.decide(service, this.resourceStatements, request);
  }

  /** Whether a role that no function has may do something, such as the scheduler's. @throws AccessDeniedError */
  authorizeRole(
    role: { readonly arn: string; readonly statements: readonly Statement[] } | undefined,
    action: string,
    resource: string,
  ): void {
    const { arn, statements } = role ?? { arn: 'no role', statements: [] };
    this.decide(arn, [...statements, ...this.resourceStatements], {
      principals: [arn],
      action,
      resource,
      context,
    });
  }

  private decide(
    principal: string,
    statements: readonly Statement[],
    request: Parameters<typeof evaluate>[1],
  ): void {
    const decision = evaluate(statements, request);
    const { action, resource } = request;
    this.onAccess({ principal, action, resource, decision });
    if (!decision.isAllowed)
      throw new AccessDeniedError(principal, action, resource, decision.because[0]?.id);
  }
}

/** Where a service's request comes from. */
export interface Source {
  readonly arn: string;
  readonly accountId: string;
}

const operatorStatement: Statement = {
  id: 'operator of the local run',
  effect: 'Allow',
  actions: ['*'],
  resources: ['*'],
  principals: undefined,
  conditions: [],
};

/** An authority over one pair of keys that may do everything, for an emulator without a stack. */
export function soleOwner(credentials: Credentials): Authority {
  return {
    credentialsOf: (accessKeyId) => (accessKeyId === credentials.accessKeyId ? credentials : undefined),
    authorize: () => undefined,
  };
}
