import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

export interface AssemblyParts {
  readonly resources: Readonly<Record<string, object>>;
  readonly parameters?: Readonly<Record<string, object>>;
  /** Source of index.mjs by asset name; a function refers to it as `S3Key: '<name>.zip'`. */
  readonly code?: Readonly<Record<string, string>>;
}

/** A folder that is deleted after the test. */
export async function temporaryDir(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'smt-local-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Writes what the CDK app would have: a cloud assembly with one stack `Test`. */
export async function writeAssembly({ resources, parameters, code = {} }: AssemblyParts): Promise<string> {
  const dir = await temporaryDir();
  const files: Record<string, object> = {};
  for (const [name, source] of Object.entries(code)) {
    await mkdir(path.join(dir, `asset.${name}`));
    await writeFile(path.join(dir, `asset.${name}`, 'index.mjs'), source);
    files[name] = { source: { path: `asset.${name}`, packaging: 'zip' } };
  }
  const artifacts = {
    Test: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Test.template.json' } },
  };
  await writeFile(path.join(dir, 'manifest.json'), JSON.stringify({ artifacts }));
  await writeFile(path.join(dir, 'Test.assets.json'), JSON.stringify({ files }));
  const template = { Resources: resources, ...(parameters && { Parameters: parameters }) };
  await writeFile(path.join(dir, 'Test.template.json'), JSON.stringify(template));
  return dir;
}

/** A function's resource, as the CDK synthesizes it. */
export function functionResource(codeName: string, properties: object = {}): object {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Bucket: 'cdk-assets', S3Key: `${codeName}.zip` },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      MemorySize: 128,
      Timeout: 5,
      ...properties,
    },
  };
}

/** Where the local run pretends to be, for tests that start no services. */
export const testAccount = {
  region: 'us-east-1',
  accountId: '000000000000',
  queueEndpoint: 'http://127.0.0.1:4566',
  apiUrl: 'http://127.0.0.1:8787',
  bucketSuffix: 'test',
};
