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

/** The file that droplets have had all along; read when no other is named and it is there. */
const usualFile = '/etc/default/intelliwatt-smt';

/**
 * The environment, completed by a file; what is set already stays. The usual file need not be readable for a service, which
 * gets all of it from systemd.
 * @throws DropletError `configuration` when the named file cannot be read, or the usual one, of which nothing is set
 */
export function readEnvironment(env: Variables, named: string | undefined, usual = usualFile): Variables {
  const file = named ?? usual;
  try {
    return { ...parseEnvironmentFile(readFileSync(file, 'utf8')), ...env };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    const isNeedless = reason === 'ENOENT' || env.ADMIN_TOKEN !== undefined;
    if (named === undefined && isNeedless) return env;
    throw new DropletError('configuration', `The environment file ${file} cannot be read (${reason}).`, {
      cause: error,
    });
  }
}
