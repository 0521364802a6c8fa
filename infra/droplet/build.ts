import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const droplet = import.meta.dirname;

/** What goes to the droplet: the command as one file for Node 20 or later, its units and its install script. */
export async function buildDroplet(outDir: string): Promise<void> {
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
    // Without the dashes Node 20 takes --env-file for its own, and ends with "not found" when it cannot be read.
    banner: { js: '#!/usr/bin/env -S node --' },
    // ssh2's optional C parts: it tries them and goes on without.
    external: ['cpu-features', '*.node'],
  });
  await chmod(path.join(outDir, 'smt-droplet.cjs'), 0o755);
  for (const name of ['install.sh', 'smt-sync.service', 'smt-sync.timer']) {
    await copyFile(path.join(droplet, 'systemd', name), path.join(outDir, name));
  }
}

if (import.meta.main) await buildDroplet(path.join(droplet, 'dist'));
