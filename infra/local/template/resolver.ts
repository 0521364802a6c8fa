import type { Template } from './assembly.ts';
import { TemplateError } from './errors.ts';
import { identify, type LocalAccount } from './identity.ts';

export interface ResolverOptions {
  readonly template: Template;
  readonly account: LocalAccount;
  /** Values of the template's parameters, by name. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Turns CloudFormation's intrinsic functions into the values they have in the local run. */
export class Resolver {
  private readonly options: ResolverOptions;

  constructor(options: ResolverOptions) {
    this.options = options;
  }

  /**
   * @param where names the resource and property, for the error
   * @throws TemplateError on an intrinsic or a reference that has no local value
   */
  resolve(value: unknown, where: string): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item, where));
    if (typeof value !== 'object' || value === null) return value;
    const [[key, argument] = [], ...rest] = Object.entries(value);
    if (rest.length === 0 && key && (key === 'Ref' || key === 'Condition' || key.startsWith('Fn::'))) {
      return this.intrinsic(key, argument, where);
    }
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, this.resolve(item, `${where}.${name}`)]),
    );
  }

  private intrinsic(name: string, argument: unknown, where: string): unknown {
    switch (name) {
      case 'Ref':
        return this.ref(String(argument), where);
      case 'Fn::GetAtt':
        return this.getAtt(argument as [string, string], where);
      case 'Fn::Join': {
        const [separator, parts] = argument as [string, unknown];
        return (this.resolve(parts, where) as string[]).join(separator);
      }
      case 'Fn::Sub':
        return this.sub(argument as string | [string, Record<string, unknown>], where);
      case 'Fn::Select': {
        const [index, list] = this.resolve(argument, where) as [number | string, unknown[]];
        return list[Number(index)];
      }
      case 'Fn::Split': {
        const [separator, text] = this.resolve(argument, where) as [string, string];
        return text.split(separator);
      }
      default:
        throw new TemplateError(where, `the local run does not know ${name}`);
    }
  }

  private ref(name: string, where: string): string {
    const pseudo = this.pseudoParameter(name);
    if (pseudo !== undefined) return pseudo;
    const parameter = this.options.template.Parameters?.[name];
    if (parameter) {
      const value = this.options.parameters[name] ?? parameter.Default;
      if (value === undefined) throw new TemplateError(where, `the parameter ${name} has no value`);
      return value;
    }
    const resource = this.options.template.Resources[name];
    // A version or alias of a function runs the function's one code here.
    if (resource?.Type === 'AWS::Lambda::Version' || resource?.Type === 'AWS::Lambda::Alias') {
      return this.resolve(resource.Properties?.FunctionName, name) as string;
    }
    const identity = resource && identify(name, resource, this.options.account);
    if (!identity) throw new TemplateError(where, `${name} (${resource?.Type}) has no local value`);
    return identity.ref;
  }

  private getAtt([name, attribute]: [string, string], where: string): string {
    const resource = this.options.template.Resources[name];
    const value = resource && identify(name, resource, this.options.account)?.attributes[attribute];
    if (value === undefined) {
      throw new TemplateError(where, `${attribute} of ${name} (${resource?.Type}) has no local value`);
    }
    return value;
  }

  private sub(argument: string | [string, Record<string, unknown>], where: string): string {
    const [text, variables] = typeof argument === 'string' ? [argument, {}] : argument;
    return text.replace(/\$\{(!?)([^${}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return String(this.resolve(variables[name], where));
      const [resource = '', attribute] = name.split('.', 2);
      return attribute ? this.getAtt([resource, attribute], where) : this.ref(resource, where);
    });
  }

  private pseudoParameter(name: string): string | undefined {
    const { region, accountId, stackName } = this.options.account;
    const values: Record<string, string> = {
      'AWS::Region': region,
      'AWS::AccountId': accountId,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stackName,
      'AWS::StackId': `arn:aws:cloudformation:${region}:${accountId}:stack/${stackName}/local`,
    };
    return values[name];
  }
}
