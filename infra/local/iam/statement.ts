import { TemplateError } from '../template/errors.ts';

/** A statement of a policy, with its values resolved. */
export interface Statement {
  /** Where it is in the template: `RegisterRoleDefaultPolicy[2]`. */
  readonly id: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Of a resource policy: whom it is about. Undefined in a policy of a role, which is about the role. */
  readonly principals: readonly string[] | undefined;
  readonly conditions: readonly Condition[];
}

export interface Condition {
  readonly operator: Operator;
  readonly key: string;
  readonly values: readonly string[];
}

const operators = ['Bool', 'StringEquals', 'ArnLike', 'ArnEquals', 'NumericLessThan'] as const;
type Operator = (typeof operators)[number];

/** A statement as policies in templates have it. */
interface PolicyStatement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: '*' | Readonly<Record<string, string | readonly string[]>>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const known = new Set(['Sid', 'Effect', 'Action', 'Resource', 'Principal', 'Condition']);

/**
 * Reads the statements of a policy document.
 * @param where the policy's logical id
 * @param resource stands for what a statement without `Resource` is about
 * @throws TemplateError for an element or a condition that is not evaluated here: it must not count as if it were not there
 */
export function readStatements(document: unknown, where: string, resource?: string): readonly Statement[] {
  const { Statement: given } = document as { Statement: PolicyStatement | readonly PolicyStatement[] };
  return list(given).map((statement, index) => {
    const id = `${where}[${index}]`;
    const unknown = Object.keys(statement).find((name) => !known.has(name));
    if (unknown !== undefined) throw new TemplateError(id, `the local run does not evaluate ${unknown}`);
    return {
      id,
      effect: statement.Effect,
      actions: list(statement.Action),
      resources: statement.Resource === undefined ? [resource ?? '*'] : list(statement.Resource),
      principals: statement.Principal === undefined ? undefined : principalsOf(statement.Principal),
      conditions: conditionsOf(statement.Condition ?? {}, id),
    };
  });
}

function principalsOf(principal: NonNullable<PolicyStatement['Principal']>): readonly string[] {
  return principal === '*' ? ['*'] : Object.values(principal).flatMap(list);
}

function conditionsOf(
  conditions: NonNullable<PolicyStatement['Condition']>,
  id: string,
): readonly Condition[] {
  return Object.entries(conditions).flatMap(([name, keys]) => {
    const operator = operators.find((each) => each === name);
    if (operator === undefined)
      throw new TemplateError(id, `the local run does not evaluate the condition ${name}`);
    return Object.entries(keys).map(([key, values]) => ({
      operator,
      key,
      values: list(values).map(String),
    }));
  });
}

function list<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T];
}
