import type { Resource, Template } from './assembly.ts';
import { TemplateError } from './errors.ts';
import { identify, type LocalAccount } from './identity.ts';
import { Properties } from './properties.ts';
import type { Resolver } from './resolver.ts';

/** What every reader of a kind of resource is given. */
export interface ReadContext {
  readonly template: Template;
  readonly resolver: Resolver;
  readonly account: LocalAccount;
  /** Factor on every duration of the template. */
  readonly timeScale: number;
  codeDir(s3Key: string): string | undefined;
}

export interface NamedResource {
  readonly logicalId: string;
  readonly resource: Resource;
  readonly properties: Properties;
}

/** All resources of a type, in the template's order. */
export function resourcesOf(context: ReadContext, type: string): readonly NamedResource[] {
  return Object.entries(context.template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([logicalId, resource]) => ({
      logicalId,
      resource,
      properties: Properties.of(logicalId, resource, context.resolver),
    }));
}

/** An attribute of a resource that is known to have a local identity. */
export function identityOf(context: ReadContext, { logicalId, resource }: NamedResource) {
  const identity = identify(logicalId, resource, context.account);
  if (!identity) throw new TemplateError(logicalId, `${resource.Type} has no local identity`);
  return {
    ref: identity.ref,
    attribute(name: string): string {
      const value = identity.attributes[name];
      if (value === undefined)
        throw new TemplateError(logicalId, `${resource.Type} has no attribute ${name}`);
      return value;
    },
  };
}

/**
 * The logical id of the function that a name, an ARN, or a longer ARN around it (a version, an API's
 * integration URI) refers to.
 */
export function functionIdOf(context: ReadContext, reference: string, where: string): string {
  for (const fn of resourcesOf(context, 'AWS::Lambda::Function')) {
    const name = identityOf(context, fn).ref;
    if (reference === name || reference.split(/[:/]/).includes(name)) return fn.logicalId;
  }
  throw new TemplateError(where, `refers to a function that is not in the stack: ${reference}`);
}
