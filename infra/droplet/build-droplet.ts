import { chmod, copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { npmCommand, parseArguments } from '../local/command-line.ts';

const droplet = import.meta.dirname;

/** Copied beside the program, so that the folder holds all that an installation needs. */
const installFiles = [
  'systemd/install.sh',
  'systemd/smt-sync.service',
  'systemd/smt-sync.timer',
  'systemd/smt-droplet.env.example',
  'README.md',
];

/** Builds the folder to copy to the droplet: the command as one file for Node 20 or later, and what installs it. */
export async function buildDroplet(outDir: string): Promise<void> {
  const { version } = JSON.parse(await readFile(path.join(droplet, '../../package.json'), 'utf8'));
  await rm(outDir, { recursive: true, force: true });
  await mkdir(outDir, { recursive: true });
  await build({
    entryPoints: [path.join(droplet, 'cli.ts')],
    outfile: path.join(outDir, 'smt-droplet.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    minifySyntax: true,
    legalComments: 'eof',
    logLevel: 'warning',
    define: { packageVersion: JSON.stringify(version) },
    // Without the dashes Node 20 takes --env-file for its own option, and fails when it cannot read the file.
    banner: { js: '#!/usr/bin/env -S node --' },
    // The optional C parts of ssh2: it works without them.
    external: ['cpu-features', '*.node'],
  });
  await chmod(path.join(outDir, 'smt-droplet.cjs'), 0o755);
  for (const file of installFiles)
    await copyFile(path.join(droplet, file), path.join(outDir, path.basename(file)));
}

if (import.meta.main) {
  const outDir = path.join(droplet, 'dist');
  parseArguments(
    npmCommand('build:droplet', `Builds smt-droplet into ${path.relative(process.cwd(), outDir)}.`),
  );
  await buildDroplet(outDir);
  console.log(
    `Built ${path.relative(process.cwd(), outDir)}: copy it to the droplet, and run install.sh there.`,
  );
}
