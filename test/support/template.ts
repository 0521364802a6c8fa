import { Template } from 'aws-cdk-lib/assertions';
import { ingestApp } from '../../infra/ingest-app.ts';
import { settingsOf, type Variant, variants } from './variants.ts';

interface TemplateResource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
}

export interface StackTemplate {
  readonly template: Template;
  readonly resources: Readonly<Record<string, TemplateResource>>;
  /** Properties of all resources of a type, by logical id. */
  ofType(type: string): Readonly<Record<string, Record<string, unknown>>>;
}

/** No bundling, and no validation, which policy-checks.test.ts does. */
const wiringOnly = { 'aws:cdk:bundling-stacks': [], '@aws-cdk/core:validateAgainstDefaultRules': false };

const synthesized = new Map<Variant, StackTemplate>();

/** A stack's template, without its functions' code: what is asserted of it is the wiring. Each is synthesized once. */
export function templateOf(variant: Variant): StackTemplate {
  const known = variants.find(({ env, database }) => env === variant.env && database === variant.database);
  const key = known ?? variant;
  const stack = synthesized.get(key) ?? synthesize(key);
  synthesized.set(key, stack);
  return stack;
}

function synthesize(variant: Variant): StackTemplate {
  const template = Template.fromStack(
    ingestApp({ context: { env: variant.env, ...wiringOnly } }, settingsOf(variant)).stack,
  );
  const resources = template.toJSON().Resources as Record<string, TemplateResource>;
  return {
    template,
    resources,
    ofType: (type) =>
      Object.fromEntries(
        Object.entries(resources)
          .filter(([, { Type }]) => Type === type)
          .map(([id, { Properties }]) => [id, Properties]),
      ),
  };
}

/** A value of the template as text: what is only known at deployment stands as `<LogicalId>` or `<LogicalId.Attribute>`. */
export function asText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Ref' in value) return `<${value.Ref}>`;
  if ('Fn::GetAtt' in value) return `<${(value['Fn::GetAtt'] as string[]).join('.')}>`;
  if ('Fn::Join' in value) {
    const [separator, parts] = value['Fn::Join'] as [string, unknown[]];
    return parts.map(asText).join(separator);
  }
  return JSON.stringify(value);
}
