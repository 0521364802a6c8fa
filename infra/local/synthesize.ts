import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const projectRoot = path.join(import.meta.dirname, '../..');

/** The CDK app failed; the message is what it wrote. */
export class SynthesisError extends Error {
  readonly code = 'synthesis-failed';
  constructor(output: string) {
    super(`The CDK app could not be synthesized:\n${output.trim()}`);
    this.name = 'SynthesisError';
  }
}

/**
 * Runs the CDK app into a folder, with the context of cdk.json as `cdk synth` would, so that what runs here is what
 * deploys. The validation of the template is left to `npm run synth`: it takes a second and changes nothing.
 * @throws SynthesisError
 */
export async function synthesize(outDir: string): Promise<void> {
  const cdkJson = await readFile(path.join(projectRoot, 'cdk.json'), 'utf8');
  const { context } = JSON.parse(cdkJson) as { context?: Record<string, unknown> };
  const child = spawn(process.execPath, ['infra/app.ts'], {
    cwd: projectRoot,
    env: {
      ...process.env,
      CDK_OUTDIR: outDir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, local: true }),
      CDK_VALIDATION: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  if (code !== 0) throw new SynthesisError(output);
}
