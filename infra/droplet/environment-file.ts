import { readFileSync } from 'node:fs';
import { DropletError } from './errors.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads an environment file as systemd does: `NAME=value` a line, with or without quotes; lines that begin with # or ;
 * are comments.
 */
export function parseEnvironmentFile(text: string): Variables {
  const variables: Record<string, string> = {};
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/.exec(line);
    if (!match?.[1]) continue;
    const value = (match[2] ?? '').trim();
    variables[match[1]] = /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
  }
  return variables;
}

/** The file that droplets have had all along; read when no other is named and it can be. */
const usualEnvironmentFile = '/etc/default/intelliwatt-smt';

/**
 * The environment, completed by a file; what is set already stays.
 * @throws DropletError `configuration` when the named file cannot be read
 */
export function readEnvironment(env: Variables, file: string | undefined): Variables {
  try {
    return { ...parseEnvironmentFile(readFileSync(file ?? usualEnvironmentFile, 'utf8')), ...env };
  } catch (error) {
    if (file === undefined) return env;
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw new DropletError('configuration', `The environment file ${file} cannot be read (${reason}).`, {
      cause: error,
    });
  }
}
