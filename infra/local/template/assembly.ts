import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { TemplateError } from './errors.ts';

/** A resource of the template, as CloudFormation has it. */
export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

export interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: string }>>;
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** The one stack of a cloud assembly, and where the code of its functions lies. */
export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  /** Folder of the asset with this S3 key (`<hash>.zip`); undefined when there is none. */
  codeDir(s3Key: string): string | undefined;
}

interface Manifest {
  artifacts: Record<
    string,
    {
      type: string;
      properties?: { templateFile?: string; stackName?: string };
      displayName?: string;
    }
  >;
}

interface AssetManifest {
  files: Record<string, { source: { path: string; packaging: string } }>;
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T;
}

/**
 * Reads the output folder of a CDK app (`cdk.out`).
 * @throws TemplateError when it does not hold exactly one stack
 */
export async function readAssembly(dir: string): Promise<Assembly> {
  const manifest = await readJson<Manifest>(path.join(dir, 'manifest.json'));
  const stacks = Object.entries(manifest.artifacts).filter(([, a]) => a.type === 'aws:cloudformation:stack');
  const [stack, ...others] = stacks;
  if (!stack || others.length > 0) {
    throw new TemplateError(dir, `holds ${stacks.length} stacks, the local run needs exactly one`);
  }
  const [id, { properties }] = stack;
  const template = await readJson<Template>(
    path.join(dir, properties?.templateFile ?? `${id}.template.json`),
  );
  const assets = await readJson<AssetManifest>(path.join(dir, `${id}.assets.json`));
  return {
    stackName: properties?.stackName ?? id,
    template,
    codeDir(s3Key) {
      const asset = assets.files[s3Key.replace(/\.zip$/, '')];
      return asset ? path.resolve(dir, asset.source.path) : undefined;
    },
  };
}
