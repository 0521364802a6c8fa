/** A resource of a template, as CloudFormation deploys it. */
interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: 'Delete' | 'Retain' | 'RetainExceptOnCreate' | 'Snapshot';
}

export type Resources = Readonly<Record<string, TemplateResource>>;

type Status = 'CREATE_COMPLETE' | 'ROLLBACK_COMPLETE' | 'UPDATE_COMPLETE' | 'UPDATE_ROLLBACK_COMPLETE';

/** The simulated deployment is stuck where the real one would be too; the message says where. */
export class DeadEndError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DeadEndError';
  }
}

interface Stack {
  status: Status;
  isTerminationProtected: boolean;
  resources: Resources;
  /** Protected resources, by logical id: those that `protect` has covered. */
  readonly protectedIds: Set<string>;
}

/** Names that are given in a template, and have to be free in the account. */
const nameProperties: Readonly<Record<string, string>> = {
  'AWS::SQS::Queue': 'QueueName',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::CloudWatch::CompositeAlarm': 'AlarmName',
  'AWS::CloudWatch::Dashboard': 'DashboardName',
  'AWS::Logs::QueryDefinition': 'Name',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::RDS::DBCluster': 'DBClusterIdentifier',
};

/**
 * An AWS account, as far as it determines whether one stack can be deployed: what exists, under which names, with which
 * protections, and what exists when something uses it. It follows CloudFormation's documented order, policies and
 * states, and `cdk deploy`'s handling of them; it knows nothing of what the resources do.
 */
export class Account {
  private stack: Stack | undefined;
  /** What a stack left behind. */
  readonly orphans: string[] = [];
  private readonly names = new Set<string>();
  /** Names of functions that triggers have invoked, in order. */
  readonly invoked: string[] = [];

  get status(): Status | undefined {
    return this.stack?.status;
  }

  /**
   * Deploys as `cdk deploy` does.
   * @param failAt logical id of the resource whose creation or update fails
   * @throws DeadEndError where the state of the account does not allow it, now or ever
   */
  deploy(resources: Resources, failAt?: string): Status {
    if (this.stack?.status === 'ROLLBACK_COMPLETE') this.delete(); // it can only be deleted
    const status = this.stack ? this.update(this.stack, resources, failAt) : this.create(resources, failAt);
    return status;
  }

  /** Turns on what DEPLOY.md turns on after the first success. */
  protect(): void {
    if (!this.stack) throw new DeadEndError('there is nothing to protect');
    this.stack.isTerminationProtected = true;
    for (const [id, { Type }] of Object.entries(this.stack.resources))
      if (Type === 'AWS::RDS::DBCluster') this.stack.protectedIds.add(id);
  }

  unprotect(): void {
    if (!this.stack) return;
    this.stack.isTerminationProtected = false;
    this.stack.protectedIds.clear();
  }

  /** Deletes the stack. @throws DeadEndError if something protects it */
  delete(): void {
    const { stack } = this;
    if (!stack) return;
    if (stack.isTerminationProtected)
      throw new DeadEndError('termination protection: the stack cannot be deleted');
    const created = stack.status === 'ROLLBACK_COMPLETE' ? [] : inOrder(stack.resources);
    for (const id of created.reverse()) this.remove(id, stack.resources, { isRollback: false, stack });
    this.stack = undefined;
  }

  private create(resources: Resources, failAt: string | undefined): Status {
    const stack: Stack = {
      status: 'CREATE_COMPLETE',
      isTerminationProtected: false,
      resources,
      protectedIds: new Set(),
    };
    this.stack = stack;
    const done: string[] = [];
    for (const id of inOrder(resources)) {
      if (id === failAt) {
        for (const made of done.reverse()) this.remove(made, resources, { isRollback: true, stack });
        stack.status = 'ROLLBACK_COMPLETE';
        return stack.status;
      }
      this.make(id, resources, new Set(done));
      done.push(id);
    }
    return stack.status;
  }

  private update(stack: Stack, next: Resources, failAt: string | undefined): Status {
    const before = stack.resources;
    const added: string[] = [];
    const changed: string[] = [];
    const present = new Set(Object.keys(before));
    for (const id of inOrder(next)) {
      if (id === failAt) {
        // The old properties are put back in the old order, and then what was new is removed.
        for (const old of inOrder(before)) if (changed.includes(old)) this.use(old, before, present);
        for (const made of added.reverse()) this.remove(made, next, { isRollback: true, stack });
        stack.status = 'UPDATE_ROLLBACK_COMPLETE';
        return stack.status;
      }
      if (!(id in before)) {
        this.make(id, next, present);
        added.push(id);
        present.add(id);
      } else if (JSON.stringify(before[id]) !== JSON.stringify(next[id])) {
        this.use(id, next, present);
        changed.push(id);
      }
    }
    for (const id of inOrder(before).reverse())
      if (!(id in next)) this.remove(id, before, { isRollback: false, stack });
    stack.resources = next;
    stack.status = 'UPDATE_COMPLETE';
    return stack.status;
  }

  private make(id: string, resources: Resources, present: ReadonlySet<string>): void {
    const name = nameOf(resources[id]);
    if (name !== undefined && this.names.has(name)) throw new DeadEndError(`${id}: ${name} exists already`);
    if (resources[id]?.Properties?.DeletionProtection === true) this.stack?.protectedIds.add(id);
    this.use(id, resources, present);
    if (name !== undefined) this.names.add(name);
  }

  private remove(
    id: string,
    resources: Resources,
    { isRollback, stack }: { isRollback: boolean; stack: Stack },
  ): void {
    const { DeletionPolicy = 'Delete', Type } = resources[id] ?? { Type: '' };
    const isKept = DeletionPolicy === 'Retain' || (DeletionPolicy === 'RetainExceptOnCreate' && !isRollback);
    if (isKept) {
      this.orphans.push(id);
      return;
    }
    if (stack.protectedIds.has(id)) throw new DeadEndError(`${id} (${Type}): deletion protection`);
    const name = nameOf(resources[id]);
    if (name !== undefined) this.names.delete(name);
  }

  /** Checks that the dependencies of a resource exist as it is created or updated, and invokes the functions of triggers. */
  private use(id: string, resources: Resources, present: ReadonlySet<string>): void {
    for (const needed of dependenciesOf(id, resources))
      if (!present.has(needed)) throw new DeadEndError(`${id} refers to ${needed}, which does not exist yet`);
    const { Type } = resources[id] ?? {};
    const isThere = (needed: readonly string[]) => {
      const missing = needed.find((each) => !present.has(each));
      if (missing !== undefined) throw new DeadEndError(`${id} needs ${missing}, which does not exist yet`);
    };
    const fn = () => functionOf(id, resources);
    if (Type === 'Custom::Trigger') {
      isThere([...policiesOf(fn(), resources), ...surroundingsOf(fn(), resources)]);
      this.invoked.push(fn());
    }
    // Lambda checks at once that the role may read the queue, and may send to the destination.
    if (Type === 'AWS::Lambda::EventSourceMapping' || Type === 'AWS::Lambda::EventInvokeConfig')
      isThere(policiesOf(fn(), resources));
    // S3 checks that it may invoke the function.
    if (Type === 'Custom::S3BucketNotifications') isThere(permissionsOf(fn(), 's3.amazonaws.com', resources));
  }
}

function nameOf({ Type, Properties }: TemplateResource = { Type: '' }): string | undefined {
  const property = nameProperties[Type];
  const name = property === undefined ? undefined : Properties?.[property];
  return name === undefined ? undefined : `${Type} ${JSON.stringify(name)}`;
}

const orders = new WeakMap<Resources, readonly string[]>();

/** Resources in order of their dependencies. @throws DeadEndError for a circular dependency */
function inOrder(resources: Resources): string[] {
  const known = orders.get(resources);
  if (known) return [...known];
  const order: string[] = [];
  const state = new Map<string, 'entered' | 'done'>();
  const visit = (id: string) => {
    if (state.get(id) === 'done') return;
    if (state.get(id) === 'entered') throw new DeadEndError(`${id} depends on itself`);
    state.set(id, 'entered');
    for (const needed of dependenciesOf(id, resources)) visit(needed);
    state.set(id, 'done');
    order.push(id);
  };
  for (const id of Object.keys(resources)) visit(id);
  orders.set(resources, order);
  return [...order];
}

/** Logical ids that a resource refers to or depends on. */
function dependenciesOf(id: string, resources: Resources): readonly string[] {
  const { DependsOn = [], Properties } = resources[id] ?? { Type: '' };
  const named = [DependsOn].flat() as string[];
  return [...new Set([...named, ...referencesIn(Properties)])].filter(
    (each) => each in resources && each !== id,
  );
}

function referencesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, argument]) => {
    if (key === 'Ref') return [String(argument)];
    if (key === 'Fn::GetAtt') return [String((argument as unknown[])[0])];
    if (key === 'Fn::Sub')
      return [...JSON.stringify(argument).matchAll(/\$\{([^!.}]+)/g)].map(([, name]) => name ?? '');
    return referencesIn(argument);
  });
}

/** The function that a trigger, a mapping or a notification is about. */
function functionOf(id: string, resources: Resources): string {
  const { Properties = {} } = resources[id] ?? {};
  const about = [Properties.HandlerArn, Properties.FunctionName, Properties.NotificationConfiguration];
  for (const name of referencesIn(about)) {
    if (resources[name]?.Type === 'AWS::Lambda::Function') return name;
    if (resources[name]?.Type === 'AWS::Lambda::Version')
      return referencesIn(resources[name]?.Properties?.FunctionName)[0] ?? '';
  }
  throw new Error(`${id} is about no function`);
}

function idsOf(resources: Resources, matches: (resource: TemplateResource) => boolean): readonly string[] {
  return Object.keys(resources).filter((id) => matches(resources[id] as TemplateResource));
}

function policiesOf(functionId: string, resources: Resources): readonly string[] {
  const [roleId] = referencesIn(resources[functionId]?.Properties?.Role);
  return idsOf(
    resources,
    ({ Type, Properties }) =>
      Type === 'AWS::IAM::Policy' && referencesIn(Properties?.Roles).includes(roleId ?? ''),
  );
}

function permissionsOf(functionId: string, principal: string, resources: Resources): readonly string[] {
  return idsOf(
    resources,
    ({ Type, Properties }) =>
      Type === 'AWS::Lambda::Permission' &&
      Properties?.Principal === principal &&
      referencesIn(Properties.FunctionName).includes(functionId),
  );
}

/** What a function that uses Aurora depends on: a running instance and, inside the VPC, a route to it. */
function surroundingsOf(functionId: string, resources: Resources): readonly string[] {
  const properties = resources[functionId]?.Properties ?? {};
  const text = JSON.stringify(properties.Environment ?? {});
  if (!/DATABASE_ENDPOINT|AURORA_ARN/.test(text)) return [];
  const inside = properties.VpcConfig ? ['AWS::EC2::SecurityGroupIngress', 'AWS::EC2::Route'] : [];
  const types = ['AWS::RDS::DBInstance', ...inside];
  return idsOf(resources, ({ Type }) => types.includes(Type));
}
