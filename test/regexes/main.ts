import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { check } from 'recheck';
import { npmCommand, parseArguments } from '../../infra/local/command-line.ts';
import { findRegexes } from './find-regexes.ts';

const program = npmCommand(
  'test:regexes',
  `Checks all regular expressions of the source for texts on which they take exponential or polynomial time. Exit status 1 if one
does, or cannot be checked.`,
);

const root = path.join(import.meta.dirname, '../..');
const checkedFolders = ['functions', 'infra', 'shared'];
/** How long the search for a slow text may take for one expression. */
const timeoutMs = 20_000;

async function main(): Promise<number> {
  parseArguments(program);
  const files = execFileSync('git', ['ls-files', ...checkedFolders], { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((file) => /\.(ts|mjs)$/.test(file));
  const regexes = files.flatMap((file) => findRegexes(file, root));
  let slow = 0;
  for (const { place, source, flags } of regexes) {
    const result = await check(source, flags, { timeout: timeoutMs });
    if (result.status === 'safe') continue;
    slow++;
    const found = result.status === 'vulnerable' ? result.complexity.summary : result.error.kind;
    const text = result.status === 'vulnerable' ? `, on ${result.attack.pattern}` : '';
    console.log(`${place}: ${found}: /${source}/${flags}${text}`);
  }
  console.log(
    `${regexes.length} regular expressions in ${files.length} files, ${slow} of them slow or not checked`,
  );
  return slow > 0 ? 1 : 0;
}

process.exitCode = await main();
