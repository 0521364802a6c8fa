import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const projectRoot = path.join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
/** Those that run a program of ours; the others hand their arguments to vitest, biome, cdk. */
const commands = Object.entries(scripts).filter(([, script]) => /^node .*\.ts$/.test(script));

/** Runs a script as npm does. */
async function run([, script]: readonly [string, string], args: readonly string[]) {
  const [, ...words] = script.split(' ');
  const { npm_lifecycle_event: _, ...env } = process.env;
  return promisify(execFile)(process.execPath, [...words, ...args], { cwd: projectRoot, env });
}

describe('each command of package.json', () => {
  test.concurrent.each(commands)(
    '%s explains itself with --help, and does nothing else',
    async (...command) => {
      const { stdout, stderr } = await run(command, ['--help']);

      expect(stderr).toBe('');
      expect(stdout).toMatch(new RegExp(`^Usage: npm (run )?${command[0]} -- `));
      expect(stdout).toContain('--help');
    },
  );
});
