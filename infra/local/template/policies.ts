import { readStatements, type Statement } from '../iam/statement.ts';
import { identityOf, type NamedResource, type ReadContext, resourcesOf } from './context.ts';

/** The policies of the stack: statements by the logical id of the role, and those of all resource policies together. */
export interface PolicyDescription {
  readonly ofRoles: ReadonlyMap<string, RoleDescription>;
  readonly ofResources: readonly Statement[];
}

interface RoleDescription {
  readonly arn: string;
  readonly name: string;
  readonly statements: readonly Statement[];
}

interface InlinePolicy {
  readonly PolicyName: string;
  readonly PolicyDocument: unknown;
}

/**
 * Reads the policies of roles, buckets, queues, topics, secrets and functions.
 * @param roleIds the roles of interest; those of CDK's own functions refer to resources that do not exist here
 */
export function readPolicies(context: ReadContext, roleIds: ReadonlySet<string>): PolicyDescription {
  const policies = resourcesOf(context, 'AWS::IAM::Policy').map(({ logicalId, properties }) => ({
    roleNames: properties.list<string>('Roles'),
    statements: () => readStatements(properties.value('PolicyDocument'), logicalId),
  }));
  const roles = resourcesOf(context, 'AWS::IAM::Role')
    .filter(({ logicalId }) => roleIds.has(logicalId))
    .map((role) => {
      const { logicalId, properties } = role;
      const identity = identityOf(context, role);
      if (properties.list('ManagedPolicyArns').length > 0)
        properties.fail('managed policies are not evaluated here');
      const inline = properties
        .list<InlinePolicy>('Policies')
        .flatMap(({ PolicyName, PolicyDocument }) =>
          readStatements(PolicyDocument, `${logicalId}.${PolicyName}`),
        );
      const own = policies.filter(({ roleNames }) => roleNames.includes(identity.ref));
      const statements = [...inline, ...own.flatMap((policy) => policy.statements())];
      return [logicalId, { arn: identity.attribute('Arn'), name: identity.ref, statements }] as const;
    });
  return {
    ofRoles: new Map(roles),
    ofResources: [...readResourcePolicies(context), ...readPermissions(context)],
  };
}

function readResourcePolicies(context: ReadContext): readonly Statement[] {
  return [
    ...['AWS::S3::BucketPolicy', 'AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy'],
    'AWS::SecretsManager::ResourcePolicy',
  ].flatMap((type) =>
    resourcesOf(context, type).flatMap(({ logicalId, properties }) => {
      const document = properties.value(type.includes('Secrets') ? 'ResourcePolicy' : 'PolicyDocument');
      return readStatements(document, logicalId);
    }),
  );
}

/** Permissions to invoke a function are statements of its resource policy. */
function readPermissions(context: ReadContext): readonly Statement[] {
  return resourcesOf(context, 'AWS::Lambda::Permission').map(({ logicalId, properties }: NamedResource) => {
    const condition = (operator: 'ArnLike' | 'StringEquals', key: string, value: string | undefined) =>
      value === undefined ? [] : [{ operator, key, values: [value] }];
    return {
      id: logicalId,
      effect: 'Allow',
      actions: [properties.text('Action')],
      resources: [properties.text('FunctionName')],
      principals: [properties.text('Principal')],
      conditions: [
        ...condition('ArnLike', 'aws:SourceArn', properties.value<string>('SourceArn')),
        ...condition('StringEquals', 'aws:SourceAccount', properties.value<string>('SourceAccount')),
      ],
    };
  });
}
