import { readFileSync } from 'node:fs';
import { DropletError } from './errors.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Parses an environment file as systemd does: `NAME=value` per line, with or without quotes; lines that begin with # or
 * ; are comments.
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

/** Read when no other file is named. The name is the one that existing droplets have. */
export const defaultEnvironmentFile = '/etc/default/intelliwatt-smt';

/**
 * The environment, completed from a file; variables that are set already win. A service does not need read access to the
 * default file: systemd has set all of it.
 * @throws DropletError `configuration` when the named file cannot be read; for the default file, only if it exists and
 *   none of it is set
 */
export function readEnvironment(
  env: Variables,
  named: string | undefined,
  defaultFile = defaultEnvironmentFile,
): Variables {
  const file = named ?? defaultFile;
  try {
    return { ...parseEnvironmentFile(readFileSync(file, 'utf8')), ...env };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    const isOptional = reason === 'ENOENT' || env.ADMIN_TOKEN !== undefined;
    if (named === undefined && isOptional) return env;
    throw new DropletError('configuration', `The environment file ${file} cannot be read (${reason}).`, {
      cause: error,
    });
  }
}
