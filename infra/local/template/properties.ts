import type { Resource } from './assembly.ts';
import { TemplateError } from './errors.ts';
import type { Resolver } from './resolver.ts';

/**
 * Reads a resource's properties one by one. {@link done} throws on any that were not read: a property that the local
 * run would silently ignore is one that works here and not on AWS, or the other way round.
 */
export class Properties {
  readonly where: string;
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly resolver: Resolver;
  private readonly seen = new Set(['ServiceToken', 'ServiceTimeout', 'Tags', 'Description']);

  constructor(where: string, values: Readonly<Record<string, unknown>>, resolver: Resolver) {
    this.where = where;
    this.values = values;
    this.resolver = resolver;
  }

  static of(logicalId: string, resource: Resource, resolver: Resolver): Properties {
    return new Properties(`${logicalId} (${resource.Type})`, resource.Properties ?? {}, resolver);
  }

  /** The resolved value, undefined when the template has none. */
  value<T>(name: string): T | undefined {
    this.seen.add(name);
    return this.resolver.resolve(this.values[name], `${this.where} ${name}`) as T | undefined;
  }

  text(name: string): string {
    const value = this.value<unknown>(name);
    if (typeof value !== 'string') throw new TemplateError(this.where, `${name} is missing`);
    return value;
  }

  number(name: string, fallback: number): number {
    // Custom resources get their numbers as text.
    return Number(this.value<number | string>(name) ?? fallback);
  }

  list<T>(name: string): readonly T[] {
    return this.value<readonly T[]>(name) ?? [];
  }

  /** The properties of a nested object. */
  object(name: string): Properties {
    this.seen.add(name);
    const value = (this.values[name] ?? {}) as Record<string, unknown>;
    return new Properties(`${this.where} ${name}`, value, this.resolver);
  }

  objects(name: string): readonly Properties[] {
    this.seen.add(name);
    const values = (this.values[name] ?? []) as readonly Record<string, unknown>[];
    return values.map((value, i) => new Properties(`${this.where} ${name}[${i}]`, value, this.resolver));
  }

  /** Names the properties that make no difference on this machine. */
  ignore(...names: readonly string[]): void {
    for (const name of names) this.seen.add(name);
  }

  /** @throws TemplateError naming a property that was not read */
  done(): void {
    const unread = Object.keys(this.values).filter((name) => !this.seen.has(name));
    if (unread.length > 0) {
      throw new TemplateError(this.where, `the local run does not support the property ${unread.join(', ')}`);
    }
  }

  fail(problem: string): never {
    throw new TemplateError(this.where, problem);
  }
}
