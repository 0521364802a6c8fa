import type { Condition, Statement } from './statement.ts';

/** A request to the policies. */
export interface AccessRequest {
  /** ARNs of the role and its session, or the name of a service. */
  readonly principals: readonly string[];
  /** `s3:GetObject` */
  readonly action: string;
  readonly resource: string;
  /** Values by condition key. */
  readonly context: Readonly<Record<string, string>>;
}

export interface Decision {
  readonly isAllowed: boolean;
  /** The statements that allow it, or the one that denies it; empty where nothing allows it. */
  readonly because: readonly Statement[];
}

/**
 * Decides as IAM does within one account: an explicit deny wins, then any statement that allows, of the principal's own policies or
 * of the resource's; else it is denied.
 */
export function evaluate(statements: readonly Statement[], request: AccessRequest): Decision {
  const matching = statements.filter((statement) => matches(statement, request));
  const deny = matching.find(({ effect }) => effect === 'Deny');
  if (deny) return { isAllowed: false, because: [deny] };
  return { isAllowed: matching.length > 0, because: matching };
}

function matches(statement: Statement, { principals, action, resource, context }: AccessRequest): boolean {
  const { principals: about, actions, resources, conditions } = statement;
  return (
    (about === undefined || about.some((each) => each === '*' || principals.includes(each))) &&
    actions.some((pattern) => like(pattern.toLowerCase(), action.toLowerCase())) &&
    resources.some((pattern) => like(pattern, resource)) &&
    conditions.every((condition) => holds(condition, context))
  );
}

/** A key that the request does not have fails the condition, as it does in IAM without `IfExists`. */
function holds({ operator, key, values }: Condition, context: AccessRequest['context']): boolean {
  const value = context[key];
  if (value === undefined) return false;
  switch (operator) {
    case 'Bool':
    case 'StringEquals':
      return values.includes(value);
    case 'ArnLike':
    case 'ArnEquals':
      return values.some((pattern) => like(pattern, value));
    case 'NumericLessThan':
      return values.some((bound) => Number(value) < Number(bound));
  }
}

const patterns = new Map<string, RegExp>();

/** `*` matches any characters, `?` matches one. */
function like(pattern: string, text: string): boolean {
  let compiled = patterns.get(pattern);
  if (!compiled) {
    const source = pattern
      .replaceAll(/[\\^$.|+()[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.');
    compiled = new RegExp(`^${source}$`, 's');
    patterns.set(pattern, compiled);
  }
  return compiled.test(text);
}
